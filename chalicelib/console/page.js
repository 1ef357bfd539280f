// What every section of the console uses: the API, and the page.
// Everything shown here was written by somebody outside: it enters the page as text, never as markup.

const api = new URL(".", location.href); // the page is …/v1/console, the API …/v1/
export const byId = (id) => document.getElementById(id);
export const token = {
  get: () => sessionStorage.getItem("token"),
  set: (value) => sessionStorage.setItem("token", value),
  forget: () => sessionStorage.removeItem("token"),
};

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export const button = (textContent, onclick, className = "") =>
  element("button", { type: "button", textContent, onclick, className });

async function send(method, path, body, headers = {}) {
  const answer = await fetch(new URL(path, api), {
    method,
    headers: {
      Authorization: `Bearer ${token.get()}`,
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (answer.status === 401) {
    token.forget();
    dispatchEvent(new Event("signed-out"));
  }
  if (answer.ok) return answer;
  const found = await answer.json();
  throw new Error([`${found.code}: ${found.detail || found.title}`, ...(found.errors ?? []).map((each) => `${each.pointer}: ${each.detail}`)].join(" "));
}

export const call = async (...request) => (await send(...request)).json();

export async function download(path, type, name) {
  const file = await (await send("GET", path, undefined, { Accept: type })).blob();
  const link = element("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function say(text, isError = false) {
  byId("message").textContent = text;
  byId("message").className = isError ? "error" : "";
}

// Do the work, then show the section anew; `work` may give back what to say.
export async function attempt(work, done = "Done.") {
  try {
    const told = await work();
    dispatchEvent(new CustomEvent("changed", { detail: told ?? done }));
  } catch (error) {
    say(error.message, true);
  }
}

// What is fetched only once somebody opens it.
export function later(summary, fill) {
  const details = element("details", {}, element("summary", { textContent: summary }));
  details.addEventListener("toggle", async () => {
    if (!details.open || details.dataset.filled) return;
    details.dataset.filled = "yes";
    try {
      details.append(...[await fill()].flat());
    } catch (error) {
      delete details.dataset.filled;
      say(error.message, true);
    }
  });
  return details;
}

export const when = (time) => new Date(time).toLocaleString();
export const valueAt = (record, pointer) =>
  pointer.split("/").slice(1).reduce((found, step) => (found == null ? found : found[step.replaceAll("~1", "/").replaceAll("~0", "~")]), record);

export function labelled(text, input) {
  return element("label", {}, text, input);
}

export function select(options, properties = {}) {
  return element("select", properties, options.map(([value, textContent]) => element("option", { value, textContent })));
}

export function table(head, rows) {
  return element("table", {},
    element("thead", {}, element("tr", {}, head.map((textContent) => element("th", { textContent, scope: "col" })))),
    element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell) => element("td", {}, cell ?? ""))))));
}
