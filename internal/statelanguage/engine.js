// Evaluates an expression with the variables that are bound, as Step Functions
// does: without an input, so that $ and names alone mean nothing; without $eval;
// and with the functions that Step Functions adds.
var expressions = new Map();
var mostExpressions = 1000;

function compile(text) {
  var known = expressions.get(text);
  if (known) {
    return known;
  }
  if (expressions.size >= mostExpressions) {
    expressions.clear(); // Of other machines, most of them.
  }
  var e = jsonata(text);
  e.assign('eval', undefined);
  e.registerFunction('parse', function (s) { return s === undefined ? undefined : JSON.parse(s); }, '<s?:x>');
  e.registerFunction('partition', function (list, size) {
    var parts = [];
    for (var i = 0; i < list.length; i += size) {
      parts.push(list.slice(i, i + size));
    }
    return parts;
  }, '<an:a>');
  e.registerFunction('range', function (first, last, step) {
    var all = [];
    for (var n = first; step > 0 ? n <= last : n >= last; n += step) {
      all.push(n);
    }
    return all;
  }, '<nnn:a>');
  e.registerFunction('hash', function (data, algorithm) { return hash(data, algorithm); }, '<ss:s>');
  e.registerFunction('random', function () { return random(); }, '<n?:n>');
  e.registerFunction('uuid', function () { return uuid(); }, '<:s>');
  expressions.set(text, e);
  return e;
}

function evaluate(text, bindings) {
  var answer = {};
  function keep(value) {
    answer.value = value === undefined || typeof value === 'function' || value && value._jsonata_lambda ? undefined : JSON.stringify(value);
  }
  function fail(problem) {
    answer.problem = String((problem && problem.code ? problem.code + ' ' : '') + (problem && problem.message || problem));
  }
  try {
    var result = compile(text).evaluate(undefined, JSON.parse(bindings));
    if (result && typeof result.then === 'function') {
      result.then(keep, fail);
    } else {
      keep(result);
    }
  } catch (problem) {
    fail(problem);
  }
  return answer;
}
