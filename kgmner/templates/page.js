// What the page holds, and how elements are made: every text becomes a text node, so that nothing in it can run.

const byId = id => document.getElementById(id);
const POSTS = [...document.querySelectorAll("script.posts")].flatMap(block => JSON.parse(block.textContent));
const {entities: ENTITIES, parts: PARTS, digest: DIGEST} = JSON.parse(byId("rest").textContent);
const GIVEN = JSON.parse(byId("given").textContent);  // corrections that the page goes on from
const TYPES = ["PER", "LOC", "ORG", "OTHER"];
const count = new Intl.NumberFormat("en");

function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

function draw(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const button = (words, click, properties = {}) => make("button", {type: "button", click, ...properties}, words);
const soft = (...children) => make("p", {class: "soft"}, ...children);
const bad = (...children) => make("p", {class: "bad"}, ...children);
const cell = (...children) => make("td", {}, ...children);
const chip = (type, title) => make("span", {class: `chip ${type}`, "--hue": hueOf(type), title}, type);
const bar = (size, kind = "") => make("span", {class: `bar ${kind}`, "--size": size});

/** A link where the IRI is one that a browser can safely follow; else its words alone. */
function linkTo(iri, words) {
  if (!/^https?:\/\/\S+$/i.test(iri)) return make("span", {title: iri}, words);
  return make("a", {href: iri, rel: "noopener noreferrer", target: "_blank"}, words);
}

const entityLink = number => linkTo(ENTITIES[number][0], ENTITIES[number][1]);
const percent = share => `${Math.round(share * 100)} %`;
const signed = nats => (nats < 0 ? "−" : "+") + Math.abs(nats).toFixed(2);
const several = (number, noun) => `${count.format(number)} ${noun}${number === 1 ? "" : "s"}`;

function nameOf(iri) {
  const end = iri.replace(/[/#]+$/, "").replace(/^.*[/#]/, "").replaceAll("_", " ") || iri;
  try { return decodeURIComponent(end); } catch { return end; }
}

const spaced = name => name.replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
const hops = hop => hop ? several(hop, "hop") + " from the text" : "named in the text";
const shown = hop => hop === null ? "–" : ["it is shown", "1 hop from it", "2 hops from it"][hop];

function howSeen({cosine, how, score}) {
  if (how === "copy") return `cosine ${cosine.toFixed(3)}`;
  const by = how === "geometry" ? "the same points in one placement" : "far ahead of the next";
  return `${by}, cosine ${cosine.toFixed(3)}, ${percent(score)} sure`;
}

const pictureOf = number => byId(`picture-${number}`).textContent.slice(1, -1);  // a JSON text without escapes

/** Where the words of a post stand in its text: first character of each and the one after, as JavaScript counts. */
function placesOf(post) {
  if (post.places) return post.places;
  let at = 0;
  post.places = (post.tokens || []).map(token => {
    const start = post.text.indexOf(token, at);
    if (start < 0) return [at, at];
    at = start + token.length;
    return [start, at];
  });
  return post.places;
}

/** From a place in code points, as Python counts, to one in JavaScript's units; and back. */
const unitsTo = (text, points) => /[\ud800-\udfff]/.test(text) ? [...text].slice(0, points).join("").length : points;
const pointsTo = (text, units) => [...text.slice(0, units)].length;

const store = {
  get(key) { try { return JSON.parse(localStorage.getItem(`kgmner-${key}`)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(`kgmner-${key}`, JSON.stringify(value)); return true; } catch { return false; } },
};

POSTS.forEach((post, place) => {
  post.place = place;
  post.text ??= "";
  for (const name of ["mentions", "tokens", "knowledge", "attributes", "gold", "own"]) post[name] ??= [];
});
const anchors = new Map();  // with how many posts there are of their id
for (const post of POSTS) {  // a second post of the same id gets a number behind it, unless another is called so
  const first = post.anchor = `post-${post.id}`;
  let times = anchors.get(first) || 0;
  while (anchors.has(post.anchor)) post.anchor = `${first}~${Math.max(2, ++times)}`;
  anchors.set(first, times).set(post.anchor, times);
}
const typesSeen = new Set(POSTS.flatMap(post => post.mentions.map(mention => mention.type)));
const OWN_TYPES = [...typesSeen].filter(type => !TYPES.includes(type)).sort();
const ALL_TYPES = [...TYPES, ...OWN_TYPES];
const hueOf = type => TYPES.includes(type) ? null : 15 + 137 * ALL_TYPES.indexOf(type) % 360;
