// Builds, newest first.

import { get, pageOf } from './api.js';
import { badges } from './build.js';
import { ago, between, el, show } from './dom.js';

const STATES = ['', 'running', 'scheduled', 'passed', 'failed', 'blocked', 'canceled'];

/** @param query `state`, `branch` and `page` */
export function builds(place, query) {
  const page = Number(query.get('page') ?? 1);
  const list = el('div');
  const asked = new URLSearchParams({ page, per_page: 30, exclude_jobs: true });
  for (const name of ['state', 'branch']) if (query.get(name)) asked.set(name, query.get(name));
  place.append(el('h1', {}, 'Builds'), filter(query), list);
  return async () => {
    const answer = await get(`/builds?${asked}`);
    const more = (answer.headers.get('Link') ?? '').includes('rel="next"');
    const found = await answer.json();
    show(list, found.length === 0 ? el('p', {}, 'There are none.') : table(found), pages(query, page, more));
    return 3;
  };
}

function filter(query) {
  const state = el('select', { name: 'state', 'aria-label': 'State' },
    STATES.map((name) => el('option', { value: name, selected: name === (query.get('state') ?? '') }, name || 'any state')));
  const branch = el('input', { name: 'branch', placeholder: 'branch', 'aria-label': 'Branch', value: query.get('branch') ?? '' });
  const form = el('form', { class: 'filter' }, state, branch, el('button', {}, 'Show'));
  const go = () => {
    const next = new URLSearchParams();
    if (state.value) next.set('state', state.value);
    if (branch.value.trim()) next.set('branch', branch.value.trim());
    location.hash = `#/?${next}`;
  };
  state.addEventListener('change', go);
  form.addEventListener('submit', (event) => { event.preventDefault(); go(); });
  return form;
}

function table(found) {
  return el('table', { class: 'builds' },
    el('thead', {}, el('tr', {}, ['State', 'Build', 'Message', 'Branch', 'Commit', 'Begun', 'Took'].map((name) => el('th', {}, name)))),
    el('tbody', {}, found.map((build) => el('tr', {},
      el('td', {}, badges(build)),
      el('td', {}, el('a', { href: pageOf(build.pipeline.slug, build.number) }, `${build.pipeline.slug} #${build.number}`)),
      el('td', { class: 'message' }, build.message.split('\n')[0]),
      el('td', {}, build.branch),
      el('td', {}, el('code', {}, build.commit.slice(0, 10))),
      el('td', {}, ago(build.created_at)),
      el('td', {}, between(build.started_at, build.finished_at))))));
}

function pages(query, page, more) {
  const to = (number, text) => {
    const next = new URLSearchParams(query);
    next.set('page', number);
    return el('a', { href: `#/?${next}` }, text);
  };
  return el('p', { class: 'pages' }, page > 1 ? to(page - 1, 'Newer') : null, ' ', more ? to(page + 1, 'Older') : null);
}
