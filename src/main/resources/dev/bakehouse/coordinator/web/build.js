// One build: its notes, its steps as a graph, its jobs in time, its artifacts.

import { all, buildPath, get, json, pageOf, part } from './api.js';
import { ago, badge, between, bytes, el, millis, show } from './dom.js';
import { graph } from './graph.js';

/** So many hundred artifacts are listed, the newest first. */
export const ARTIFACTS = 3;

/** So many rows are drawn; of more jobs those that passed are left out. */
const ROWS = 400;

export function build(place, pipeline, number) {
  const path = buildPath(pipeline, number);
  const head = el('div');
  const notes = el('div', { class: 'notes' });
  const steps = el('div', { class: 'graph' });
  const jobs = el('div');
  const artifacts = el('div');
  place.append(head, notes, steps, jobs, artifacts);
  const frames = new Map();
  let turn = 0;
  return async () => {
    const found = await json(`${path}?include_retried_jobs=true`);
    document.title = `${pipeline} #${number} ${found.state}`;
    show(head, ...heading(found));
    show(jobs, ...timeline(found, pipeline, number));
    await part(steps, async () => show(steps, graph(await json(`${path}/steps`), found.jobs, pipeline, number)));
    // What grows with what jobs leave is asked for less often.
    if (turn++ % 5 === 0 || found.finished_at) {
      await part(notes, async () => annotations(notes, await json(`${path}/annotations?scope=all&per_page=100`), frames, found.jobs));
      await part(artifacts, async () => show(artifacts, ...artifactList(await all(`${path}/artifacts`, ARTIFACTS))));
    }
    if (found.finished_at) return 10;
    return found.jobs.length > ROWS ? 10 : 2;
  };
}

function heading(found) {
  const lines = found.message.split('\n');
  return [
    el('h1', {}, badges(found), ` ${found.pipeline.slug} #${found.number} `, el('small', {}, lines[0])),
    lines.length > 1 ? el('pre', { class: 'text' }, lines.slice(1).join('\n').trim()) : null,
    el('p', { class: 'facts' },
      el('span', {}, 'Branch ', el('b', {}, found.branch)), el('span', {}, 'Commit ', el('code', {}, found.commit)),
      el('span', {}, 'From ', origin(found)), el('span', {}, 'Begun ', ago(found.created_at)),
      found.started_at ? el('span', {}, found.finished_at ? 'Took ' : 'Runs for ', between(found.started_at, found.finished_at)) : null),
  ];
}

function origin(found) {
  const from = found.triggered_from;
  if (!from) return found.source;
  return el('a', { href: pageOf(from.build_pipeline_slug, from.build_number) }, `${from.build_pipeline_slug} #${from.build_number}`);
}

/** Of a build that waits for a person, that and what has come of it. */
export function badges(found) {
  if (!found.blocked) return [badge(found.state)];
  return ['passed', 'blocked'].includes(found.state) ? [badge('blocked')] : [badge(found.state), ' ', badge('blocked')];
}

/** Notes are HTML of jobs: each in a frame in which no script runs, and only made again when it changed. */
function annotations(place, noted, frames, jobs) {
  if (!place.querySelector('iframe')) {
    frames.clear();
    place.replaceChildren();
  }
  const known = new Set(noted.map((note) => note.id));
  for (const [id, frame] of frames) if (!known.has(id)) { frame.box.remove(); frames.delete(id); }
  for (const note of noted) {
    const html = `<!doctype html><base target="_blank"><link rel="stylesheet" href="/web/style.css"><body class="note">${note.body_html}`;
    const kept = frames.get(note.id);
    if (kept?.html === html) continue;
    const frame = el('iframe', { title: note.context, srcdoc: html });
    frame.setAttribute('sandbox', 'allow-same-origin allow-popups allow-popups-to-escape-sandbox');
    frame.addEventListener('load', () => fit(frame));
    const of = jobs.find((job) => job.id === note.job_id);
    const box = el('section', { class: `note-box ${note.style ?? ''}` }, of ? el('p', { class: 'facts' }, title(of)) : null, frame);
    if (kept) kept.box.replaceWith(box);
    else place.append(box);
    frames.set(note.id, { html, box });
  }
}

/** As high as what it shows, also once somebody opened a part of it. */
function fit(frame) {
  const body = frame.contentDocument.body;
  const set = () => { frame.style.height = `${body.scrollHeight + 2}px`; };
  set();
  new ResizeObserver(set).observe(body);
}

export function title(job) {
  const part = job.parallel_group_total ? ` ${job.parallel_group_index + 1}/${job.parallel_group_total}` : '';
  return (job.name ?? job.step_key ?? (job.command ?? '').split('\n')[0]) + part;
}

function timeline(found, pipeline, number) {
  const many = found.jobs.length > ROWS;
  const drawn = (many ? found.jobs.filter((job) => job.state !== 'passed') : found.jobs).slice(0, ROWS);
  const begin = millis(found.created_at);
  const end = millis(found.finished_at) ?? Date.now();
  const place = (time) => `${(100 * Math.max(0, (millis(time) ?? end) - begin)) / Math.max(1, end - begin)}%`;
  const bar = (kind, from, to) => {
    const piece = el('span', { class: `bar ${kind}` });
    piece.style.left = place(from);
    piece.style.right = `calc(100% - ${place(to)})`;
    return piece;
  };
  return [
    el('h2', {}, `Jobs (${found.jobs.length})`),
    many ? el('p', {}, `Of so many only the first ${ROWS} that did not pass are listed; `, el('code', {}, `bakehouse build show --pipeline ${pipeline} ${number}`), ' has all.') : null,
    el('table', { class: 'jobs' },
      el('thead', {}, el('tr', {}, ['Job', 'State', 'Agent', 'Waited', 'Took', ''].map((name) => el('th', {}, name)))),
      el('tbody', {}, drawn.map((job) => el('tr', {},
        el('td', {}, el('a', { href: pageOf(pipeline, number, job.id) }, title(job)), job.retried ? ' (tried again)' : null),
        el('td', {}, badge(job.soft_failed ? 'soft_failed' : job.state)),
        el('td', {}, job.agent?.name ?? null),
        el('td', {}, job.runnable_at ? between(job.runnable_at, job.started_at ?? job.finished_at) : null),
        el('td', {}, between(job.started_at, job.finished_at)),
        el('td', { class: 'time' },
          job.runnable_at && job.type === 'script' ? bar('wait', job.runnable_at, job.started_at ?? job.finished_at) : null,
          job.started_at ? bar(job.state, job.started_at, job.finished_at) : null))))),
  ];
}

/** @param found of the build, or of one of its jobs */
export function artifactList(found) {
  const there = found.filter((artifact) => artifact.state === 'finished');
  if (there.length === 0) return [];
  return [
    el('h2', {}, found.length < 100 * ARTIFACTS ? `Artifacts (${there.length})` : `The newest ${there.length} artifacts`),
    el('ul', { class: 'artifacts' }, there.map((artifact) => el('li', {},
      el('a', { href: `#artifact=${new URL(artifact.download_url).pathname}` }, artifact.path), ` ${bytes(artifact.file_size)}`))),
  ];
}

// A link with a signature takes the place of the one that needs a session.
document.addEventListener('click', async (event) => {
  const path = /#artifact=(.+)$/.exec(event.target.closest?.('a')?.href ?? '')?.[1];
  if (!path) return;
  event.preventDefault();
  try {
    const below = path.replace(/^\/v2\/organizations\/[^/]+/, '');
    const { url } = await (await get(`${below}?redirect=false`)).json();
    const place = new URL(url);
    if (place.origin === location.origin && place.pathname.startsWith('/artifacts/')) location.assign(url);
    else throw new Error(`The artifact is not here but at ${place.host}: ${url}`);
  } catch (error) {
    document.getElementById('trouble').textContent = error.message;
  }
});
