// node embed.mjs JCO WIT WORLD INPUT OUTPUT: adds the types of a world to a core
// module, for `jco new`. JCO is the path of jco's program. It does what
// `jco embed` is for, which in jco 1.35 finds no file of WIT: here the files are
// read first, and become one text.
import { readFile, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

async function filesOf(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.wit'));
  const files = names.map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(files)).join('\n');
}

// A package that another one depends on stands in braces.
async function dependency(folder) {
  const text = await filesOf(folder);
  return text.replace(/^package ([^;]+);/m, 'package $1 {') + '}\n';
}

async function embed(jco, wit, world, input, output) {
  const deps = await readdir(join(wit, 'deps'));
  const texts = deps.map((name) => dependency(join(wit, 'deps', name)));
  const witSource = [await filesOf(wit), ...(await Promise.all(texts))].join('\n');
  const api = new URL('api.js', pathToFileURL(await realpath(jco)));
  const { componentEmbed } = await import(api).catch((error) => {
    throw new Error(`${jco} is not of @bytecodealliance/jco: ${error.message}`);
  });
  const binary = await readFile(input);
  await writeFile(output, await componentEmbed({ binary, witSource, world }));
}

embed(...process.argv.slice(2)).catch((error) => {
  console.error(`embed.mjs: ${error.payload ?? error.message}`);
  process.exitCode = 1;
});
