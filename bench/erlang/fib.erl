%% The peer of compute/compute.c, for the one that Erlang programs also do.
-module(fib).
-export([main/0]).

-define(ROUNDS, 5).
-define(N, 32).

main() -> bench:run(fun() -> rounds(?ROUNDS) end).

rounds(0) -> ok;
rounds(Round) ->
    Start = bench:now_ns(),
    2178309 = fib(?N),
    bench:report("fib", bench:now_ns() - Start, 1),
    rounds(Round - 1).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
