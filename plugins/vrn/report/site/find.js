// Makes the lists of the page searchable. Without it the lists are all there.
const list = document.querySelector("[data-find]");
const label = document.createElement("label");
const input = document.createElement("input");
const said = document.createElement("p");
label.textContent = "An indicator, an area, or a postcode such as BB11 or BB11 1AA ";
label.className = "finder";
input.type = "search";
input.autocomplete = "off";
said.setAttribute("role", "status");
label.append(input);
list.before(label, said);
input.addEventListener("input", () => {
  const typed = input.value.toLowerCase().trim();
  // Of a whole postcode the first half is known here.
  const postcode = typed.match(/^([a-z]{1,2}\d[a-z\d]?)\s*\d[a-z]{2}$/);
  const words = typed.split(/\s+/).filter(Boolean);
  let found = 0;
  for (const item of list.querySelectorAll("li")) {
    const known = (item.dataset.words || item.textContent).toLowerCase().split(/[^a-z0-9]+/);
    // By how a word begins: within words, two letters are found nearly everywhere.
    item.hidden = postcode ? known[0] !== postcode[1] : !words.every((word) => known.some((one) => one.startsWith(word)));
    found += !item.hidden;
  }
  for (const folded of list.querySelectorAll("details")) folded.open = words.length > 0;
  for (const part of list.querySelectorAll("section")) part.hidden = !part.querySelector("li:not([hidden])");
  said.textContent = !words.length ? "" : found ? `${found} found` :
    "0 found. Try another word for it, such as knife, robbery or violence, the name of a district, or a postcode of Lancashire.";
});
