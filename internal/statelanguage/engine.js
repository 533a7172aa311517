// Evaluates expressions with the variables that are bound, as Step Functions does:
// without an input, so that $ and names alone mean nothing; without $eval; and
// with the functions that Step Functions adds. A line of JSON asks, a line answers.
'use strict';
const fs = require('fs');
const crypto = require('crypto');

const [path, direct] = process.argv.slice(1);
let turn = { at: 0, random: 0, uuid: '' };

class Time extends Date {
  constructor(...given) {
    super(...(given.length ? given : [turn.at]));
  }
  static now() {
    return turn.at;
  }
}

function load() {
  let source = fs.readFileSync(path, 'utf8');
  if (direct === 'direct') {
    source = source
      .replace(/\basync (function|\()/g, '$1')
      .replace(/([^.\w])await /g, '$1')
      .replace(/\w+\.lookup\(Symbol\.for\('jsonata\.\w+'\)\)/g, 'undefined') // Nobody steps through expressions.
      .replaceAll('Promise.all(', '(');
  }
  const module = { exports: {} };
  new Function('module', 'exports', 'Date', source)(module, module.exports, Time);
  return module.exports;
}

const jsonata = load();
const hashes = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const added = [
  ['parse', (text) => (text === undefined ? undefined : JSON.parse(text)), '<s?:x>'],
  ['partition', (list, size) => {
    const parts = [];
    for (let i = 0; i < list.length; i += size) {
      parts.push(list.slice(i, i + size));
    }
    return parts;
  }, '<an:a>'],
  ['range', (first, last, step) => {
    const all = [];
    for (let n = first; step > 0 ? n <= last : n >= last; n += step) {
      all.push(n);
    }
    return all;
  }, '<nnn:a>'],
  ['hash', (data, algorithm) => {
    if (!hashes[algorithm]) {
      throw new Error('no algorithm is called ' + algorithm);
    }
    return crypto.createHash(hashes[algorithm]).update(data).digest('hex');
  }, '<ss:s>'],
  ['random', () => turn.random, '<n?:n>'],
  ['uuid', () => turn.uuid, '<:s>'],
];

const expressions = new Map();
const mostExpressions = 1000;

function compile(text) {
  let e = expressions.get(text);
  if (!e) {
    e = jsonata(text);
    e.assign('eval', undefined);
    for (const [name, f, signature] of added) {
      e.registerFunction(name, f, signature);
    }
    if (expressions.size >= mostExpressions) {
      expressions.clear(); // Of other machines, most of them.
    }
    expressions.set(text, e);
  }
  return e;
}

async function evaluate(text, variables) {
  try {
    let value = compile(text).evaluate(undefined, JSON.parse(variables));
    if (value && typeof value.then === 'function') {
      value = await value;
    }
    return value === undefined || typeof value === 'function' || (value && value._jsonata_lambda) ? {} : { value };
  } catch (problem) {
    return { problem: (problem && problem.code ? problem.code + ' ' : '') + ((problem && problem.message) || problem) };
  }
}

function readLine(rest) {
  const piece = Buffer.alloc(1 << 16);
  for (;;) {
    const end = rest.indexOf(10);
    if (end >= 0) {
      return [rest.subarray(0, end).toString(), rest.subarray(end + 1)];
    }
    const n = fs.readSync(0, piece);
    if (n === 0) {
      process.exit(0);
    }
    rest = Buffer.concat([rest, piece.subarray(0, n)]);
  }
}

async function serve() {
  let line;
  let rest = Buffer.alloc(0);
  for (;;) {
    [line, rest] = readLine(rest);
    turn = JSON.parse(line);
    const answers = [];
    for (const text of turn.expressions) {
      const answer = await evaluate(text, turn.variables);
      answers.push(answer);
      if (!('value' in answer)) {
        break;
      }
    }
    let out = Buffer.from(JSON.stringify(answers) + '\n');
    while (out.length > 0) {
      out = out.subarray(fs.writeSync(1, out));
    }
  }
}

serve();
