// Which view the address names, and its renewal while somebody looks.

import { begin, end, session } from './api.js';
import { agents } from './agents.js';
import { build } from './build.js';
import { builds } from './builds.js';
import { el } from './dom.js';
import { job } from './job.js';

const main = document.getElementById('main');
const trouble = document.getElementById('trouble');
const leave = document.getElementById('leave');
let shown = 0;

/** A view draws itself into a place, and says in how many seconds again; 0 for never. */
function view(place) {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const words = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (words.length === 0) return builds(place, new URLSearchParams(query));
  if (words.length === 1 && words[0] === 'agents') return agents(place);
  const [pipeline, list, number, id] = words;
  if (list === 'builds' && words.length === 3) return build(place, pipeline, number);
  if (list === 'builds' && words.length === 4) return job(place, pipeline, number, id);
  return async () => {
    place.replaceChildren(el('p', {}, 'There is no such page. ', el('a', { href: '#/' }, 'All builds')));
    return 0;
  };
}

async function start() {
  const turn = ++shown;
  document.title = 'Bakehouse';
  const code = /^#login=(.+)$/.exec(location.hash)?.[1];
  let told = '';
  if (code) {
    history.replaceState(null, '', '/#/');
    await begin({ code }).catch((error) => { told = error.message; });
  }
  leave.hidden = !session();
  if (!session()) return login(told);
  const place = el('div');
  let draw;
  try {
    draw = view(place);
  } catch {
    draw = async () => { place.textContent = 'The address of this page can not be read.'; return 0; };
  }
  main.replaceChildren(place);
  while (turn === shown) {
    let next = 5;
    try {
      if (!document.hidden) next = await draw();
      if (turn === shown) say(told);
    } catch (error) {
      if (turn !== shown) return;
      if (error.status === 401) {
        leave.hidden = true;
        return login('The session has ended');
      }
      say(error.message ?? String(error));
      if (error.status === 404) return;
    }
    if (next === 0) return;
    await new Promise((resolve) => { setTimeout(resolve, next * 1000); });
  }
}

function say(text) {
  trouble.textContent = text;
}

function login(told) {
  say(told);
  const token = el('input', { type: 'password', autocomplete: 'off', required: true, id: 'token' });
  const form = el('form', { class: 'login' },
    el('h1', {}, 'Log in'),
    el('p', {}, el('code', {}, 'bakehouse coordinator login'), ' on the coordinator’s machine prints a link that opens this page. Or show an API token:'),
    el('label', { htmlFor: 'token' }, 'API token'), token,
    el('button', {}, 'Log in'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await begin({ token: token.value.trim() });
      await start();
    } catch (error) {
      say(error.message);
    }
  });
  main.replaceChildren(form);
}

leave.addEventListener('click', async () => {
  await end();
  await start();
});
window.addEventListener('hashchange', start);
start();
