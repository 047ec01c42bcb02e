// Elements. Text of builds and jobs comes from whoever can push: it only ever gets into the page as text.

/** An element: properties by name, `class` and `aria-…` as attributes; children are elements or texts, null for none. */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function fill(made, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name === 'class' || name.includes('-')) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** Makes children of a place what is given, and leaves alone what is so already: links keep their focus, selections stay. */
export function show(place, ...children) {
  become(place, el('div', {}, ...children));
}

function become(now, next) {
  const [old, fresh] = [[...now.childNodes], [...next.childNodes]];
  fresh.forEach((node, i) => {
    const there = old[i];
    if (!there) now.append(node);
    else if (there.nodeName !== node.nodeName) there.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (there.data !== node.data) there.data = node.data;
    } else {
      for (const { name } of [...there.attributes]) if (!node.hasAttribute(name)) there.removeAttribute(name);
      for (const { name, value } of node.attributes) if (there.getAttribute(name) !== value) there.setAttribute(name, value);
      become(there, node);
    }
  });
  old.slice(fresh.length).forEach((node) => node.remove());
}

/** Seconds as people say them. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export const millis = (time) => (time ? Date.parse(time) : null);

/** From one time to another, or to now; empty without a beginning. */
export function between(begin, end) {
  return begin ? span(((millis(end) ?? Date.now()) - millis(begin)) / 1000) : '';
}

export function ago(time) {
  const title = new Date(time).toLocaleString();
  const seconds = (Date.now() - millis(time)) / 1000;
  const text = seconds < 172800 ? `${span(seconds).replace(/ (\d+ s|\d+ min)$/, '') || 'now'} ago` : title;
  return el('time', { dateTime: time, title }, text);
}

export function badge(state) {
  // Nothing is broken: `if` or `branches` left it out.
  return el('span', { class: `badge ${state}` }, state === 'broken' ? 'left out' : state.replaceAll('_', ' '));
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const unit = Math.min(3, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** unit).toPrecision(3)} ${['B', 'kB', 'MB', 'GB'][unit]}`;
}
