// Sorting by a column; without this the table stands as written, densest first.
for (const head of document.querySelectorAll("table.sortable thead th")) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const table = head.closest("table"), body = table.tBodies[0];
    const up = head.getAttribute("aria-sort") === "descending";
    const value = row => {
      const text = row.cells[head.cellIndex].dataset.value ?? row.cells[head.cellIndex].textContent;
      return text !== "" && isFinite(text) ? Number(text) : text;
    };
    const compare = (a, b) => typeof a === "number" && typeof b === "number"
      ? a - b : String(a).localeCompare(String(b));
    const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)) * (up ? 1 : -1));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...rows);
  });
}
// Paper gets what is folded, too.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("section details")) folded.open = true;
});
