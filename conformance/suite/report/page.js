// Convenience only: the page works without it.
"use strict";
{
  // Opens what an address leads to, where the browser does not do it by itself.
  const reveal = () => {
    const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = found; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (found) {
      const inner = found.querySelector(":scope > details");
      (found.closest("details") || inner || found).scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();

  // A filter by words, over rows of the matrix and cases alike.
  const label = document.createElement("label");
  label.className = "filter";
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "part of a name";
  label.append("only ", field);
  document.querySelector("main").before(label);
  const rows = [...document.querySelectorAll(".matrix tbody tr:not(.group), details.case")];
  field.addEventListener("input", () => {
    const word = field.value.toLowerCase();
    for (const row of rows) {
      const name = row.querySelector("th a, summary").textContent.toLowerCase();
      row.hidden = !name.includes(word);
    }
  });
}
