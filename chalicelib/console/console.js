import { byId, call, element, button, attempt, say, token, when } from "./page.js";
import { money } from "./money.js";
import { numbers } from "./numbers.js";
import { reviews } from "./reviews.js";

function deadLetterCard(letter) {
  return element("article", {},
    element("header", {}, element("h2", { textContent: letter.queue }),
      element("span", { className: "quiet", textContent: `${letter.message_id} · ${when(letter.received_at)}` })),
    element("p", { textContent: letter.reason }),
    element("pre", { textContent: JSON.stringify(letter.payload, null, 2) }),
    element("div", { className: "actions" }, button("Send back", () => attempt(
      () => call("POST", "admin/dead-letters/redrive", { queue: letter.queue, message_ids: [letter.message_id] }).then(() => null), "Sent back."), "main")));
}

async function deadLetters() {
  const { items } = await call("GET", "admin/dead-letters?limit=100");
  return { parts: items.map(deadLetterCard), told: items.length ? `${items.length} waiting` : "Nothing failed for good." };
}

const sections = { reviews, "dead-letters": deadLetters, money, numbers };
let section = "reviews";

async function show(told) {
  const signedIn = token.get() !== null;
  byId("sign-in").hidden = signedIn;
  byId("sign-out").hidden = byId("list").hidden = !signedIn;
  if (!signedIn) return;
  const shown = section;
  const found = await sections[shown]();
  if (shown !== section) return; // somebody went on meanwhile
  byId("list").replaceChildren(...found.parts);
  say([told, found.told].filter(Boolean).join(" "));
}

const showOrSay = (told) => show(told).catch((error) => say(error.message, true));

addEventListener("changed", (event) => showOrSay(event.detail));
addEventListener("signed-out", () => showOrSay());
byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set(byId("token").value.trim());
  showOrSay();
});
byId("sign-out").addEventListener("click", () => {
  token.forget();
  showOrSay();
});
for (const each of document.querySelectorAll("nav button")) {
  each.addEventListener("click", () => {
    section = each.dataset.section;
    for (const other of document.querySelectorAll("nav button")) other.removeAttribute("aria-current");
    each.setAttribute("aria-current", "page");
    showOrSay();
  });
}
showOrSay();
