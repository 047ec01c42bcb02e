// One job: what it is, why it waits, where its time went, its log.

import { all, buildPath, get, json, pageOf, part } from './api.js';
import { ARTIFACTS, artifactList, title } from './build.js';
import { badge, between, el, show, span } from './dom.js';
import { LogView } from './log.js';

export function job(place, pipeline, number, id) {
  const build = buildPath(pipeline, number);
  const path = `${build}/jobs/${encodeURIComponent(id)}`;
  const head = el('div');
  const artifacts = el('div');
  const raw = el('button', { class: 'raw' }, 'Whole log');
  const lines = el('div', { class: 'log' });
  const log = new LogView(lines, path);
  raw.addEventListener('click', () => save(path, id));
  place.append(head, artifacts, el('h2', {}, 'Log ', raw), lines);
  let turn = 0;
  return async () => {
    const found = await json(path);
    document.title = `${title(found)} ${found.state}`;
    // Told at the end, among all that jobs tell of the build.
    const told = found.finished_at ? (await json(`${build}?exclude_jobs=true`)).meta_data : {};
    const report = reported(told[`bakehouse:job:${found.id}`]);
    show(head, ...heading(found, pipeline, number), ...waiting(found, pipeline, number), ...phases(report));
    let ended = true;
    if (found.type === 'script' && found.started_at) {
      ended = await log.renew().catch((error) => {
        if (error.status !== 403) throw error;
        show(lines, el('p', { class: 'reason' }, error.message));
        return true;
      });
    }
    if (turn++ % 10 === 0 || found.finished_at) {
      await part(artifacts, async () => show(artifacts, ...artifactList(await all(`${path}/artifacts`, ARTIFACTS))));
    }
    if (found.finished_at) return ended ? 30 : 1;
    return found.started_at ? 1 : 3;
  };
}

function heading(found, pipeline, number) {
  const facts = [
    found.agent ? el('span', {}, 'Agent ', el('b', {}, found.agent.name)) : null,
    found.exit_status === null ? null : el('span', {}, 'Exit status ', el('b', {}, String(found.exit_status))),
    found.signal ? el('span', {}, 'Signal ', found.signal) : null,
    found.runnable_at ? el('span', {}, 'Waited ', between(found.runnable_at, found.started_at ?? found.finished_at)) : null,
    found.started_at ? el('span', {}, found.finished_at ? 'Took ' : 'Runs for ', between(found.started_at, found.finished_at)) : null,
    found.retries_count ? el('span', {}, `Attempt ${found.retries_count + 1}`) : null,
    found.triggered_build ? made(found.triggered_build) : null,
    found.retried_in_job_id ? el('a', { href: pageOf(pipeline, number, found.retried_in_job_id) }, 'Next attempt') : null,
  ];
  return [
    el('h1', {}, badge(found.soft_failed ? 'soft_failed' : found.state), ` ${title(found)} `,
      el('small', {}, el('a', { href: pageOf(pipeline, number) }, `${pipeline} #${number}`))),
    el('p', { class: 'facts' }, facts),
    found.reason ? el('p', { class: 'reason' }, found.reason) : null,
    found.command ? el('pre', { class: 'text' }, found.command) : null,
  ];
}

function made(build) {
  const { hash } = new URL(build.web_url);
  return el('a', { href: hash }, `Made ${decodeURIComponent(hash.split('/')[1])} #${build.number}`);
}

function waiting(found, pipeline, number) {
  if (found.finished_at || found.started_at) return [];
  const before = found.waiting_for ?? [];
  const lines = before.map((other) => el('li', {}, `${other.name ?? other.step_key ?? other.id} is ${other.state.replaceAll('_', ' ')}`));
  if (found.state === 'scheduled') {
    const rules = found.agent_query_rules.length ? found.agent_query_rules : ['queue=default'];
    lines.push(el('li', {}, 'No free agent has ', rules.flatMap((rule) => [el('code', {}, rule), ' '])));
    (found.left_to_others_by ?? []).forEach((host) => lines.push(el('li', {}, `${host} leaves it to others`)));
  }
  if (found.type === 'manual' && found.state === 'blocked') {
    lines.push(el('li', {}, 'It waits for a person: ', el('code', {}, `bakehouse build unblock '${pipeline}#${number}'`)));
  }
  if (lines.length === 0) return [];
  return [el('h2', {}, 'Why it waits'), el('ul', {}, lines.slice(0, 50)),
    el('p', {}, el('code', {}, `bakehouse explain ${found.id}`), ' on the coordinator’s machine, with its ', el('code', {}, '--state'), ', knows more of the hosts.')];
}

/** What the job's host told of itself; any job can write it, so it may be anything. */
function reported(text) {
  try {
    const report = JSON.parse(text);
    const times = Object.entries(report.phases).filter(([, time]) => typeof time === 'number' && time >= 0);
    return { host: String(report.host), vm: String(report.vm), image: String(report.image), times, caches: report.caches.filter((cache) => typeof cache?.kind === 'string') };
  } catch {
    return null;
  }
}

function phases(report) {
  if (!report || report.times.length === 0) return [];
  const whole = report.times.reduce((sum, [, time]) => sum + time, 0) || 1;
  const pieces = report.times.map(([name, time]) => {
    const piece = el('span', { class: `phase phase-${name.replace(/[^a-z]/g, '')}`, title: `${name} ${time.toFixed(1)} s` }, time / whole > 0.08 ? name : '');
    piece.style.width = `${(100 * time) / whole}%`;
    return piece;
  });
  return [
    el('p', { class: 'facts' }, el('span', {}, 'Host ', el('b', {}, report.host)), el('span', {}, 'VM ', report.vm), el('span', {}, 'Image ', report.image)),
    el('div', { class: 'phases' }, pieces),
    el('p', { class: 'facts' }, report.times.map(([name, time]) => el('span', {}, `${name} ${time < 10 ? time.toFixed(1) + ' s' : span(time)}`))),
    report.caches.length ? el('p', { class: 'facts' }, report.caches.map((cache) => el('span', {}, `${cache.kind}: ${Number(cache.hits)} hits, ${Number(cache.misses)} misses`))) : null,
  ];
}

async function save(path, id) {
  try {
    const whole = await (await get(`${path}/log.txt`)).blob();
    const link = el('a', { href: URL.createObjectURL(whole), download: `${id}.log` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } catch (error) {
    document.getElementById('trouble').textContent = error.message;
  }
}
