// The page as a whole: what is counted, filtered, in which order, what is drawn of it, and which keys do what.

const CHUNK = 10;  // posts that are drawn and dropped together
const form = byId("filters"), feed = byId("posts");
let list = POSTS, chunks = [], height = 320;

let forgetting = 0;
function say(words) {
  byId("said").textContent = words;
  clearTimeout(forgetting);
  forgetting = setTimeout(() => { byId("said").textContent = ""; }, 6000);
}

for (const post of POSTS) {
  const entities = [...post.mentions.map(mention => mention.linked), post.pictured ? post.pictured.entity : null];
  post.linked = [...new Set(entities)].filter(number => number !== null);
  const names = post.linked.flatMap(number => ENTITIES[number].slice(0, 2));
  post.words = [post.id, post.text, post.error, ...names, ...post.own.flat()].join("\n").toLowerCase();
  post.sure = Math.min(...post.mentions.map(mention => mention.sure));  // Infinity without any
  post.wrong = new Set([...post.gold, ...post.mentions].map(one => one.wrong).filter(Boolean));
  const isThere = post.picture !== undefined || post.nearest || post.attributes.length;
  post.recognised = post.error ? "error" : post.pictured ? String(post.pictured.hop) : isThere ? "unknown" : "none";
}

function wanted() {
  const {search, type, entity, link, picture, gold, review: reviewed} = Object.fromEntries(new FormData(form));
  const words = search.toLowerCase().split(/\s+/).filter(Boolean), name = entity.trim().toLowerCase();
  const isNamed = ([iri, label]) => iri.toLowerCase() === name || label.toLowerCase().includes(name);
  const numbers = name && new Set(ENTITIES.flatMap((told, number) => isNamed(told) ? [number] : []));
  const fits = {
    linked: mention => mention.linked !== null, nil: mention => mention.linked === null, ambiguous: mention => mention.ambiguous,
  }[link];
  return post => words.every(word => post.words.includes(word))
    && (!numbers || post.linked.some(number => numbers.has(number)))
    && (!(type || fits) || post.mentions.some(mention => (!type || mention.type === type) && (!fits || fits(mention))))
    && (link !== "none" || !post.mentions.length)
    && (!picture || (picture === "recognised" ? post.pictured : post.recognised === picture))
    && (!gold || (["right", "wrong"].includes(gold) ? Boolean(post.wrong.size) === (gold === "wrong") : post.wrong.has(gold)))
    && (!reviewed || (reviewed === "changed" ? isChanged(post) : isDone(post) === (reviewed === "done")));
}

function filter() {
  list = POSTS.filter(wanted());
  const order = form.elements.order.value;
  const worth = post => !post.mentions.length ? 2 : order === "sure" ? -post.sure : post.sure;
  if (order) list.sort((one, other) => worth(one) - worth(other) || one.place - other.place);
  showCount();
  byId("nothing").hidden = list.length > 0 || !POSTS.length;
  feed.hidden = !list.length;
  watcher.disconnect();
  chunks = [];
  for (let at = 0; at < list.length; at += CHUNK) chunks.push(make("div", {class: "chunk", "data-at": at}));
  list.forEach((post, at) => { post.at = at; });
  feed.replaceChildren(...chunks);
  for (const chunk of chunks) {
    setHeight(chunk);
    watcher.observe(chunk);
  }
  if (chunks.length) drawChunk(chunks[0]);
  if (feed.getBoundingClientRect().top < 0) scrollTo(0, feed.offsetTop - form.offsetHeight);
}

function showCount() {
  const done = POSTS.filter(isDone).length;
  byId("count").textContent = `${count.format(list.length)} of ${several(POSTS.length, "post")}`
    + (done ? `; ${count.format(done)} done` : "");
}

const postsOf = chunk => list.slice(Number(chunk.dataset.at), Number(chunk.dataset.at) + CHUNK);
const heightOf = chunk => chunk.firstChild ? 0 : Number(chunk.dataset.height) || postsOf(chunk).length * height;
const setHeight = chunk => { chunk.style.minHeight = `${heightOf(chunk)}px`; };

function drawChunk(chunk) {
  if (chunk.firstChild) return;
  chunk.append(...postsOf(chunk).map(post => {
    const article = make("article", {id: post.anchor, tabindex: "-1", "aria-posinset": post.at + 1, "aria-setsize": list.length});
    fillCard(article, post);
    return article;
  }));
  setHeight(chunk);
}

function dropChunk(chunk) {
  if (!chunk.firstChild || chunk.contains(document.activeElement) || chunk.querySelector("details[open]")) return;
  chunk.dataset.height = chunk.offsetHeight;
  height = chunk.offsetHeight / chunk.childElementCount;
  chunk.replaceChildren();
  setHeight(chunk);
}

const watcher = new IntersectionObserver(entries => {
  for (const {target, isIntersecting} of entries) (isIntersecting ? drawChunk : dropChunk)(target);
}, {rootMargin: "1500px 0px"});

function articleOf(post) {
  if (list[post.at] !== post) return null;
  drawChunk(chunks[Math.floor(post.at / CHUNK)]);
  return byId(post.anchor);
}

function refresh(post, key) {
  showCount();
  const article = articleOf(post);
  if (!article) return;
  const open = [...article.querySelectorAll("li:has(details[open])")].map(item => item.dataset.name);
  fillCard(article, post);
  for (const name of open) article.querySelector(`[data-name="${name}"] details`)?.setAttribute("open", "");
  (key && article.querySelector(`[data-name="${key}"]`) || article).focus({preventScroll: true});
}

const currentPost = () => POSTS.find(post => post.anchor === document.activeElement?.closest("article")?.id);

/** The name that keys are about: the one that has the focus, or the post's first that is not decided. */
function currentName(post) {
  const key = document.activeElement?.closest("[data-name]")?.dataset.name, answers = answersOf(post);
  return answers.find(answer => answer.key === key) || answers.find(answer => !answer.state) || answers[0];
}

function goTo(post) {
  const article = post && articleOf(post);
  if (!article) return;
  const isSticky = getComputedStyle(form).position === "sticky";
  document.documentElement.style.setProperty("--top", `${isSticky ? form.offsetHeight : 0}px`);
  article.focus({preventScroll: true});
  article.scrollIntoView({block: "start"});
}

function goToHash() {
  let anchor = location.hash.slice(1);
  try { anchor = decodeURIComponent(anchor); } catch { /* as it stands */ }
  const post = POSTS.find(post => post.anchor === anchor);
  if (!post) return;
  if (list[post.at] !== post) { form.reset(); filter(); }
  goTo(post);
}

function step(by) {
  const post = currentPost();
  goTo(post ? list[post.at + by] : list[0]);
}

function stepName(by) {
  const post = currentPost() || list[0], items = post ? [...articleOf(post).querySelectorAll("[data-name]")] : [];
  const at = items.findIndex(item => item.contains(document.activeElement));
  items[at < 0 ? (by > 0 ? 0 : items.length - 1) : at + by]?.focus();
}

const KEYS = {
  j: () => step(1), ArrowRight: () => step(1), k: () => step(-1), ArrowLeft: () => step(-1), n: () => stepName(1), p: () => stepName(-1),
  e: exportCorrections, l: () => byId("load-file").click(),
  "/": () => form.elements.search.focus(), "?": () => byId("help").showModal(),
};
const POST_KEYS = {
  A: acceptRest, m: post => openCorrection(post, null),
};
const NAME_KEYS = {
  a: (post, answer) => answer.mention && answer.state !== "accepted" && decide(post, answer, "accepted"),
  x: (post, answer) => answer.state !== "rejected" && decide(post, answer, "rejected"),
  c: openCorrection, u: undo,
  o: (post, answer) => { const box = articleOf(post).querySelector(`[data-name="${answer.key}"] details`); if (box) box.open = !box.open; },
  0: (post, answer) => answer.mention && linkCandidate(post, answer, null),
};
for (let digit = 1; digit < 10; digit++) NAME_KEYS[digit] = (post, answer) => answer.mention && linkCandidate(post, answer, digit - 1);

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || !byId("keys").checked) return;
  if (document.querySelector("dialog[open]") || event.target.closest("input, select, textarea")) return;
  if (event.key.startsWith("Arrow") && event.target.closest(".wide")) return;  // it scrolls
  const post = currentPost(), answer = post && currentName(post);
  const action = KEYS[event.key] || (post && POST_KEYS[event.key]) || (answer && NAME_KEYS[event.key]);
  if (!action) return;
  event.preventDefault();
  action(post, answer);
  if ("ax0123456789".includes(event.key) && post) nextOpen(post);
});

/** After a decision, on to the next name of the post that is not decided. */
function nextOpen(post) {
  const next = answersOf(post).find(answer => !answer.state);
  if (next) articleOf(post)?.querySelector(`[data-name="${next.key}"]`)?.focus({preventScroll: true});
}

function summarise() {
  const mentions = POSTS.flatMap(post => post.mentions);
  const sum = values => values.reduce((sums, value) => sums.set(value, (sums.get(value) || 0) + 1), new Map());
  const tally = values => [...sum(values)].sort((one, other) => other[1] - one[1]);
  const linked = mentions.filter(mention => mention.linked !== null), pictured = POSTS.filter(post => post.pictured).length;
  const entities = tally(linked.map(mention => mention.linked)), unused = POSTS.filter(post => post.error);
  byId("total").textContent = `${several(POSTS.length, "post")}; ${several(mentions.length, "name")}, `
    + `${count.format(linked.length)} of them linked to the graph; ${several(pictured, "picture")} recognised`
    + (unused.length ? `; ${several(unused.length, "picture")} could not be used.` : ".");
  if (!POSTS.length) byId("total").textContent = "The results hold no post: there is nothing to review.";
  const show = changes => () => {
    form.reset();
    for (const [name, value] of Object.entries(changes)) form.elements[name].value = value;
    filter();
    byId("count").scrollIntoView({block: "nearest"});
  };
  const block = (title, rows) => {
    const most = Math.max(1, ...rows.map(([, times]) => times));
    return rows.length ? [make("h3", {}, title), make("ul", {}, rows.map(([label, times, changes]) => make("li", {},
      button([make("span", {}, label), bar(times / most), make("span", {class: "n"}, count.format(times))], show(changes),
        {class: "row"}))))] : [];
  };
  const nil = mentions.length - linked.length, unsure = mentions.filter(mention => mention.ambiguous).length;
  const seen = tally(POSTS.map(post => post.recognised)), errors = tally(unused.map(post => post.error));
  const pictureWords = {
    0: hops(0), 1: hops(1), 2: hops(2), unknown: "not recognised", error: "could not be used", none: "no picture",
  };
  const most = entities.slice(0, 10).map(([number, times]) => [ENTITIES[number][1], times, {entity: ENTITIES[number][0]}]);
  const types = tally(mentions.map(mention => mention.type)).map(([type, times]) => [type, times, {type}]);
  const links = [["linked", linked.length, {link: "linked"}], ["NIL", nil, {link: "nil"}], ["ambiguous", unsure, {link: "ambiguous"}]];
  byId("summary").append(
    make("section", {}, block("Types", types), block("Links", links.filter(([, times]) => times))),
    make("section", {}, block("Most linked", most)),
    make("section", {}, block("Pictures", seen.map(([kind, times]) => [pictureWords[kind], times, {picture: kind}])),
      block("Pictures not used", errors.slice(0, 5).map(([reason, times]) => [reason, times, {picture: "error", search: reason}])),
      block("Against gold", GOLD_SAYS.map(([kind, times]) => [GOLD_WORDS[kind], times, {gold: kind}]))));
  byId("entity-names").append(...entities.slice(0, 200).map(([number]) => make("option", {value: ENTITIES[number][1]})));
}

const GOLD_WORDS = {right: "agrees", link: "another link", type: "another type", spurious: "not in gold", missed: "not found"};
const GOLD_SAYS = (() => {
  const sums = {right: 0, link: 0, type: 0, spurious: 0, missed: 0};
  for (const post of POSTS) {
    for (const one of [...post.gold, ...post.mentions.filter(mention => mention.wrong === "spurious")]) sums[one.wrong || "right"]++;
  }
  return POSTS.some(post => post.gold.length) ? Object.entries(sums).filter(([, times]) => times) : [];
})();

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const words = {system: "as the system has them", light: "light", dark: "dark"}[theme];
  byId("theme").setAttribute("aria-label", `Colours: ${words}`);
  byId("theme").textContent = `◐ ${{system: "Colours", light: "Light", dark: "Dark"}[theme]}`;
}

setTheme(store.get("theme") || "system");
byId("keys").checked = store.get("keys") ?? true;
form.elements.type.append(...ALL_TYPES.map(type => make("option", {value: type}, type)));
byId("gold-filter").hidden = !GOLD_SAYS.length;
byId("summary-box").open = window.innerWidth > 700 && POSTS.length > 1;
byId("summary-box").hidden = form.hidden = POSTS.length < 2;
summarise();
filter();
if (GIVEN.lines.length && store.get(`given-${DIGEST}`) !== GIVEN.digest) {  // once: what is decided here later stands
  takeIn(GIVEN.lines, "Corrections");
  store.set(`given-${DIGEST}`, GIVEN.digest);
}
goToHash();

let waiting = 0;
form.addEventListener("input", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(filter); });
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter));
byId("clear").addEventListener("click", () => form.reset());
byId("keys").addEventListener("change", event => store.set("keys", event.target.checked));
byId("help-button").addEventListener("click", () => byId("help").showModal());
byId("export").addEventListener("click", exportCorrections);
byId("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches, order = dark ? ["system", "light", "dark"] : ["system", "dark", "light"];
  const next = order[(order.indexOf(document.documentElement.dataset.theme) + 1) % 3];
  store.set("theme", next);
  setTheme(next);
});
byId("load").addEventListener("click", () => byId("load-file").click());
byId("load-file").addEventListener("change", async ({target}) => {
  for (const file of [...target.files]) takeIn((await file.text()).split("\n"), file.name);
  target.value = "";
});
addEventListener("storage", ({key}) => {  // decided in another tab
  if (key !== `kgmner-review-${DIGEST}`) return;
  for (const place of Object.keys(review)) delete review[place];
  Object.assign(review, store.get(`review-${DIGEST}`));
  filter();
});
addEventListener("hashchange", goToHash);
addEventListener("beforeprint", () => { watcher.disconnect(); chunks.forEach(drawChunk); });
addEventListener("afterprint", () => chunks.forEach(chunk => watcher.observe(chunk)));
