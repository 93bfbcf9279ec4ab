// What is pleasant with it, and not missed without it.
"use strict";

// Parts of a page that are loaded again by themselves, while somebody looks.
const parts = [...document.querySelectorAll("[data-refresh]")];
const later = () => setTimeout(again, 1000 * Number(parts[0].dataset.refresh));
const again = async () => {
  if (document.hidden) return later();
  try {
    // Nobody has touched it: the session of whoever left it open ends as if it were not.
    const headers = { accept: "text/html", "minwon-by-itself": "1" };
    const answer = await fetch(location.href, { headers });
    if (answer.redirected) return location.reload();
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const fresh = page.getElementById(part.id);
        // What is over has other buttons too.
        if (fresh && !fresh.dataset.refresh) return location.reload();
        if (fresh && fresh.innerHTML !== part.innerHTML) renew(part, fresh);
      }
    }
  } catch { /* The service is away: what stands here stays, and it is asked again. */ }
  later();
};
const renew = (part, fresh) => {
  // Whoever goes from link to link by the keyboard stays where they are.
  const to = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
  part.replaceChildren(...fresh.childNodes);
  part.className = fresh.className;
  if (to) part.querySelector(`a[href="${CSS.escape(to)}"]`)?.focus();
};
if (parts.length > 0) later();

// What is shown of a list, remembered for the next.
for (const form of document.querySelectorAll("form[data-filters]")) {
  const list = document.getElementById(form.dataset.filters);
  const key = "minwon-filter-" + form.dataset.filters;
  let kept = [];
  try { kept = JSON.parse(localStorage.getItem(key)) ?? []; } catch { /* Nothing is kept. */ }
  for (const box of form.elements) {
    const found = kept.find(([name, value]) => name === box.name && value === box.value);
    if (found) box.checked = found[2];
  }
  const show = () => {
    const boxes = [...form.elements];
    const kinds = new Set(boxes.filter((box) => box.name === "kind" && box.checked).map((box) => box.value));
    const failed = boxes.some((box) => box.name === "failed" && box.checked);
    for (const line of list.children) {
      line.hidden = !kinds.has(line.dataset.kind) || (failed && !("failed" in line.dataset));
    }
    try {
      localStorage.setItem(key, JSON.stringify(boxes.map((box) => [box.name, box.value, box.checked])));
    } catch { /* It is not remembered. */ }
  };
  form.hidden = false;
  form.addEventListener("change", show);
  show();
}
