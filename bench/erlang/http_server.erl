%% The peer of examples/http: a process for each connection on gen_tcp, which
%% lets the runtime parse the request line and the headers.
-module(http_server).
-export([main/0]).

main() ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false},
                                        {nodelay, true}, {backlog, 4096},
                                        {packet, http_bin},
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
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, {http_request, Method, {abs_path, Path}, {1, 1}}} ->
            case headers(Socket, keep) of
                error ->
                    gen_tcp:close(Socket);
                Next ->
                    ok = gen_tcp:send(Socket, answer(Method, Path)),
                    next(Next, Socket)
            end;
        _ ->
            gen_tcp:close(Socket)
    end.

next(keep, Socket) -> serve(Socket);
next(close, Socket) -> gen_tcp:close(Socket).

headers(Socket, Next) ->
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, http_eoh} -> Next;
        {ok, {http_header, _, 'Connection', _, <<"close">>}} ->
            headers(Socket, close);
        {ok, {http_header, _, _, _, _}} -> headers(Socket, Next);
        _ -> error
    end.

answer('GET', <<"/hello">>) ->
    [<<"HTTP/1.1 200 OK\r\nDate: ">>, date_text(),
     <<"\r\nContent-Type: text/plain; charset=utf-8\r\n"
       "Content-Length: 14\r\n\r\nHello, world!\n">>];
answer(_, _) ->
    <<"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n">>.

%% The present date, which changes once a second.
date_text() ->
    Now = erlang:system_time(second),
    case get(date) of
        {Now, Text} ->
            Text;
        _ ->
            {{Y, Mo, D}, {H, Mi, S}} = calendar:system_time_to_universal_time(Now, second),
            Text = io_lib:format("~s, ~2..0b ~s ~4..0b ~2..0b:~2..0b:~2..0b GMT",
                                 [element(calendar:day_of_the_week(Y, Mo, D),
                                          {"Mon", "Tue", "Wed", "Thu", "Fri",
                                           "Sat", "Sun"}),
                                  D,
                                  element(Mo, {"Jan", "Feb", "Mar", "Apr",
                                               "May", "Jun", "Jul", "Aug",
                                               "Sep", "Oct", "Nov", "Dec"}),
                                  Y, H, Mi, S]),
            put(date, {Now, Text}),
            Text
    end.
