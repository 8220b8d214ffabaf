// Making elements. What goes in is text: nothing that came from an event is ever read as markup.
export function element(name, properties = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...content.filter(part => part !== null && part !== undefined));
  return made;
}

export const byId = id => document.getElementById(id);
