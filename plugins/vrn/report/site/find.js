// Makes the lists of the page searchable. Without it the lists are all there.
const list = document.querySelector("[data-find]");
const label = document.createElement("label");
const input = document.createElement("input");
const said = document.createElement("p");
label.textContent = "An indicator, an area, or the first half of a postcode such as BB11 ";
label.className = "finder";
input.type = "search";
input.autocomplete = "off";
said.setAttribute("role", "status");
label.append(input);
list.before(label, said);
input.addEventListener("input", () => {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const item of list.querySelectorAll("li")) {
    const text = (item.dataset.words || item.textContent).toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
    found += !item.hidden;
  }
  for (const folded of list.querySelectorAll("details")) folded.open = words.length > 0;
  for (const part of list.querySelectorAll("section")) part.hidden = !part.querySelector("li:not([hidden])");
  said.textContent = words.length ? `${found} found` : "";
});
