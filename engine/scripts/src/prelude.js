// What a script finds besides the language: the time of its message, and a log. Runs before it, in the same realm.
(function (now, say, isOver) {
    'use strict';
    const Real = Date;
    const construct = Reflect.construct;
    const stringify = JSON.stringify;
    const define = Object.defineProperty;
    const hidden = value => ({ value, writable: true, enumerable: false, configurable: true });

    function Clock(...parts) {
        if (new.target === undefined) return new Real(now()).toString();
        return construct(Real, parts.length === 0 ? [now()] : parts, new.target);
    }
    define(Clock, 'prototype', { value: Real.prototype, writable: false });
    define(Clock, 'name', { value: 'Date' });
    define(Clock, 'length', { value: 7 });
    define(Clock, 'now', hidden(() => now()));
    define(Clock, 'parse', hidden(Real.parse));
    define(Clock, 'UTC', hidden(Real.UTC));
    define(Real.prototype, 'constructor', hidden(Clock));
    define(globalThis, 'Date', hidden(Clock));

    define(Math, 'random', hidden(() => {
        throw new Error('Math.random is not available: a script gives the same answer to the same message');
    }));

    // Memory and waiting that no limit covers.
    delete globalThis.Atomics;
    delete globalThis.SharedArrayBuffer;
    delete globalThis.performance;

    const show = value => {
        if (typeof value !== 'object' || value === null) return String(value);
        const text = stringify(value);
        return text === undefined ? 'undefined' : text;
    };
    const log = (...values) => {
        let text = '';
        for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ' ') + show(values[i]);
        say(text);
    };
    define(globalThis, 'console', hidden({ log, info: log, warn: log, error: log, debug: log }));
    define(globalThis, 'print', hidden(log));

    // Loops inside the language itself are not interrupted. So none goes over a length that only claims to be one, or over
    // what holds itself many times, or compares two long texts; and before a long one the time is looked at.
    const apply = Reflect.apply;
    const lengthMax = 1 << 20;
    const comparedMax = 1 << 26;
    const long = 1 << 12;
    const check = (name, value) => {
        const length = value === null || value === undefined ? 0 : value.length;
        if (length > long) {
            if (length > lengthMax) throw new RangeError(name + ': more than ' + lengthMax + ' elements');
            if (isOver()) throw new RangeError('time is over');
        }
        return length > 0 ? length : 0;
    };
    const replace = (owner, name, make) => {
        const real = owner[name];
        if (typeof real === 'function') define(owner, name, hidden(make(real)));
    };
    const arrays = Object.getOwnPropertyNames(Array.prototype);
    for (let i = 0; i < arrays.length; i++) {
        const name = arrays[i];
        if (name === 'constructor' || name === 'flat') continue;
        replace(Array.prototype, name, real => function (...values) {
            check(name, this);
            if (name === 'concat') for (let k = 0; k < values.length; k++) check(name, values[k]);
            return apply(real, this, values);
        });
    }
    replace(Array.prototype, 'flat', real => function (depth) {
        check('flat', this);
        return apply(real, this, [depth > 8 ? 8 : depth]);
    });
    const texts = ['includes', 'indexOf', 'lastIndexOf', 'replace', 'replaceAll', 'split'];
    for (let i = 0; i < texts.length; i++) {
        replace(String.prototype, texts[i], real => function (...values) {
            const own = check('', this);
            if (typeof values[0] === 'string' && own * values[0].length > comparedMax) {
                throw new RangeError(texts[i] + ': the texts are too long to be compared');
            }
            return apply(real, this, values);
        });
    }
})
