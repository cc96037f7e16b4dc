// Answers what came, or asks another server: /fetch?HOST:PORT.
addEventListener('fetch', (event) => event.respondWith(answer(event.request)));

async function answer(request) {
  const url = new URL(request.url);
  let text;
  if (url.pathname === '/fetch') {
    const there = await fetch('http://' + url.search.slice(1) + '/h');
    text = 'got ' + there.status + ' ' + (await there.text());
  } else {
    text = request.method + ' ' + url.pathname + ' ' + (await request.text());
  }
  return new Response(text, { headers: { 'x-one': '1' } });
}
