// What is wrong with the page that is shown, as lines for people.
const faults = [];
const of = (fault, element) => faults.push(`${fault}: ${element.outerHTML.slice(0, 200)}`);
const all = (css) => [...document.querySelectorAll(css)];
const root = document.documentElement;

if (all("h1").length !== 1) faults.push(`${all("h1").length} h1`);
if (all("main").length !== 1) faults.push(`${all("main").length} main`);
if (!root.lang) faults.push("no language");
if (!document.title) faults.push("no title");

for (const field of all("input:not([type=hidden]), textarea, select, progress")) {
  if (field.labels.length === 0 && !field.ariaLabel) of("no label", field);
}
for (const one of all("a, button")) if (!one.textContent.trim() && !one.ariaLabel) of("no name", one);
for (const table of all("table")) if (!table.querySelector("th")) of("no header cell", table);
const ids = all("[id]").map((it) => it.id);
for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) faults.push(`two with the id ${id}`);

if (root.scrollWidth > innerWidth) faults.push(`${root.scrollWidth} px wide where there are ${innerWidth}`);

// Contrast as WCAG 2 has it; colours are drawn, for a stylesheet may name them in many ways.
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const drawn = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (colour) => {
  const [red, green, blue] = colour.map((value) => linear(value / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ground = (element) => {
  for (let it = element; it; it = it.parentElement) {
    const colour = drawn(getComputedStyle(it).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  of("no ground", element);
  return drawn("white");
};
for (const element of all("body *")) {
  const hasText = [...element.childNodes].some((it) => it.nodeType === Node.TEXT_NODE && it.data.trim());
  if (!hasText || !element.checkVisibility()) continue;
  const colour = getComputedStyle(element).color;
  const [high, low] = [luminance(drawn(colour)), luminance(ground(element))].sort((a, b) => b - a);
  const contrast = (high + 0.05) / (low + 0.05);
  if (contrast < 4.5) of(`contrast ${contrast.toFixed(2)} of ${colour}`, element);
}
return faults;
