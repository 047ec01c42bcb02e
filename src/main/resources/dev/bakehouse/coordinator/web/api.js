// The REST API, as the session of this browser may read it.

const KEPT = 'bakehouse';

/** What a call could not do; `status` 0: nobody answered. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function session() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

/** @param login a link's `code`, or an API `token` */
export async function begin(login) {
  const body = JSON.stringify(login);
  const answer = await called('/v2/web/session', { method: 'POST', body });
  await end();
  localStorage.setItem(KEPT, JSON.stringify(await answer.json()));
}

export async function end() {
  const kept = session();
  localStorage.removeItem(KEPT);
  if (kept) await called('/v2/web/session', { method: 'DELETE', headers: authorization(kept) }).catch(() => null);
}

/** @param path below the organization */
export async function get(path, headers = {}) {
  const kept = session();
  if (!kept) throw new Refused(401, 'Nobody is logged in');
  const place = `/v2/organizations/${encodeURIComponent(kept.organization)}${path}`;
  try {
    return await called(place, { headers: { ...authorization(kept), ...headers } });
  } catch (error) {
    // Another tab may have begun a new one meanwhile.
    if (error.status === 401 && session()?.token === kept.token) localStorage.removeItem(KEPT);
    throw error;
  }
}

export async function json(path) {
  return (await get(path)).json();
}

/** Draws one part of a page; what the session may not see, or what can not be read, is told in its place. */
export async function part(place, draw) {
  try {
    await draw();
  } catch (error) {
    if (error.status === 401 || error.status === 0) throw error;
    place.replaceChildren(Object.assign(document.createElement('p'), { className: 'reason', textContent: error.message }));
  }
}

/** A list, of which at most so many hundred are asked for. */
export async function all(path, hundreds = 10) {
  const found = [];
  for (let page = 1; page <= hundreds; page++) {
    const more = await json(`${path}?per_page=100&page=${page}`);
    found.push(...more);
    if (more.length < 100) break;
  }
  return found;
}

/** Where a build is, for `get` and for links. */
export const buildPath = (pipeline, number) => `/pipelines/${encodeURIComponent(pipeline)}/builds/${encodeURIComponent(number)}`;

/** The page of a build, or of a job in it. */
export const pageOf = (pipeline, number, job) => `#/${encodeURIComponent(pipeline)}/builds/${encodeURIComponent(number)}${job ? `/${encodeURIComponent(job)}` : ''}`;

function authorization(kept) {
  return { Authorization: `Bearer ${kept.token}` };
}

async function called(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused(0, 'The coordinator does not answer');
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, said.message ?? `The coordinator answered ${answer.status}`);
}
