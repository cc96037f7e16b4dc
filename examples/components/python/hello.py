# A program and nothing else: what every component of this world exports.
from wit_world import exports


class Run(exports.Run):
    def run(self):
        print("hello from Python")


class Worker(exports.Worker):
    def start(self):
        pass
