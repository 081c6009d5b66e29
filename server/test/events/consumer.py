"""A service that reads events from RabbitMQ with pika, as SamurAI's services do: prints each message as a line of JSON."""

import json
import sys

import pika

url, queue, pattern, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
# The exchange is the publisher's: declared in the same words, whoever comes first.
channel.exchange_declare("samurai.auth", exchange_type="topic", durable=True)
channel.queue_declare(queue, durable=True)
channel.queue_bind(queue, "samurai.auth", routing_key=pattern)
print("ready", flush=True)

seen = set()
for method, properties, body in channel.consume(queue, inactivity_timeout=60):
    if method is None:
        sys.exit("no event came")
    event = json.loads(body)
    line = {"routing_key": method.routing_key, "message_id": properties.message_id, "event": event}
    line["content_type"], line["delivery_mode"] = properties.content_type, properties.delivery_mode
    if event["id"] not in seen:  # at least once: what comes again has the same id
        seen.add(event["id"])
        print(json.dumps(line), flush=True)
    channel.basic_ack(method.delivery_tag)
    if len(seen) == count:
        break
channel.cancel()
connection.close()
