%% The peer of examples/hello.c.
-module(hello).
-export([main/0]).

main() ->
    io:put_chars("hello\n"),
    erlang:halt(0).
