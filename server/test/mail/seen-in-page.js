// Runs in the page, as an expression: what a person would complain about.
;(() => {
  const luminance = (color) => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const backgroundOf = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each)
      if (!/, 0\)$|transparent/.test(backgroundColor)) return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }
  const pale = []
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    if (!hasText || element.tagName === 'STYLE') continue
    const [text, ground] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))]
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)
    if (contrast < 4.5) pale.push(`${contrast.toFixed(2)} ${element.textContent.trim().slice(0, 30)}`)
  }
  const codePoints = () => {
    const code = document.querySelector('.code')?.firstChild
    if (!code) return []
    return [0, code.length - 1].map((at) => {
      const range = document.createRange()
      range.setStart(code, at)
      range.setEnd(code, at + 1)
      return Math.round(range.getBoundingClientRect().left)
    })
  }
  const { documentElement: root } = document
  return {
    pale,
    lang: root.lang,
    dir: root.dir,
    overflow: root.scrollWidth - root.clientWidth,
    headings: document.querySelectorAll('h1').length,
    align: getComputedStyle(document.querySelector('h1')).textAlign,
    codeRuns: codePoints(),
  }
})()
