// The path of the program, and a function that starts a guest with it: its
// arguments and options, then those of child_process.spawn, whose result is
// returned.
const path = require("path");
const { spawn } = require("child_process");

const program = path.join(__dirname, "bin", "lunatic");

function start(guest, { args = [], options = [], ...spawnOptions } = {}) {
	return spawn(program, [...options, guest, ...args], {
		stdio: "inherit",
		...spawnOptions,
	});
}

module.exports = { program, start };
