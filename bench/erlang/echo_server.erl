%% The peer of guest/echo_server.c: a process for each connection, which reads
%% passively as the guest does.
-module(echo_server).
-export([main/0]).

main() ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false},
                                        {nodelay, true}, {backlog, 4096},
                                        {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listener),
    io:format("~b~n", [Port]),
    accept(Listener).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive go -> serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listener).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Data} ->
            ok = gen_tcp:send(Socket, Data),
            serve(Socket);
        {error, _} ->
            gen_tcp:close(Socket)
    end.
