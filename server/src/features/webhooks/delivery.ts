/** An event on its way to an endpoint. */
export type Delivery = {
  endpointId: string
  sequence: number
  eventId: string
  type: string
  userId: number | null
  state: DeliveryState
  attempts: number
  nextAt: number
  lastStatus: number | null
  lastFailure: string | null
  createdAt: number
  finishedAt: number | null
}

/** `dead`: given up; an operator may send it again. */
export type DeliveryState = 'due' | 'delivered' | 'dead'
export const deliveryStates: readonly DeliveryState[] = ['due', 'delivered', 'dead']
