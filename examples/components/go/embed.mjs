// node embed.mjs JCO WIT WORLD INPUT OUTPUT: adds to a core module the types of
// a world, for `jco new`. It does what `jco embed` is for, which in jco 1.35 finds
// no file of WIT: here the files become one text.
import { readFile, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [jco, wit, world, input, output] = process.argv.slice(2);

async function filesOf(folder) {
  const names = (await readdir(folder)).filter((n) => n.endsWith('.wit'));
  return Promise.all(names.map((n) => readFile(join(folder, n), 'utf8')));
}

// A package that another one depends on stands in braces.
async function dependency(folder) {
  const texts = (await filesOf(folder)).join('\n');
  return texts.replace(/^package ([^;]+);/m, 'package $1 {') + '}\n';
}

const deps = (await readdir(join(wit, 'deps'))).map((n) => join(wit, 'deps', n));
const witSource = [
  ...(await filesOf(wit)),
  ...(await Promise.all(deps.map(dependency))),
].join('\n');
const api = new URL('api.js', pathToFileURL(await realpath(jco)));
const { componentEmbed } = await import(api);
const binary = await readFile(input);
await writeFile(output, await componentEmbed({ binary, witSource, world }));
