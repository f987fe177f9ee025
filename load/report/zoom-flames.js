// Runs in the report's page: tells below a flame graph what the pointer is on, and lets a part that is clicked fill its width.
const namedMinPx = 30;

function zoomTo(flame, boxes, zoomed) {
  for (const { element, from, width } of boxes) {
    const left = Math.max(0, (from - zoomed.from) / zoomed.width);
    const right = Math.min(1, (from + width - zoomed.from) / zoomed.width);
    const isSeen = right - left > 0.0001;
    element.style.display = isSeen ? "" : "none";
    if (!isSeen) continue;
    element.setAttribute("x", `${left * 100}%`);
    element.setAttribute("width", `${(right - left) * 100}%`);
    element.classList.toggle("narrow", (right - left) * flame.clientWidth < namedMinPx);
    element.classList.toggle("around", width > zoomed.width);
  }
}

for (const flame of document.querySelectorAll("svg.flame")) {
  const boxes = [...flame.children].map((element) => ({
    element,
    from: Number.parseFloat(element.getAttribute("x")),
    width: Number.parseFloat(element.getAttribute("width")),
  }));
  const boxOf = ({ target }) => boxes.find(({ element }) => element === target.closest("svg.flame > svg"));
  const told = flame.nextElementSibling;
  flame.addEventListener("pointerover", (event) => {
    const title = boxOf(event)?.element.querySelector("title");
    told.textContent = title ? title.textContent.replaceAll("\n", ", ") : "";
  });
  flame.addEventListener("click", (event) => {
    const clicked = boxOf(event);
    if (clicked) zoomTo(flame, boxes, clicked);
  });
}
