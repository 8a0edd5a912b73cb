
// The search: hides what does not hold every word. The page says the same without it.
(function () {
  'use strict';
  var box = document.getElementById('search');
  var query = document.getElementById('query');
  var found = document.getElementById('found');
  var all = document.querySelectorAll('.find');
  var texts = null;
  var waiting = null;
  if (!box || !query || !document.addEventListener) { return; }
  box.removeAttribute('hidden');

  function read() {
    texts = [];
    for (var i = 0; i < all.length; i++) { texts.push(all[i].textContent.toLowerCase()); }
  }

  function holds(text, words) {
    for (var i = 0; i < words.length; i++) {
      if (text.indexOf(words[i]) < 0) { return false; }
    }
    return true;
  }

  function search() {
    var words = query.value.toLowerCase().split(/\s+/).filter(function (word) { return word !== ''; });
    var tools = 0;
    var prompts = 0;
    var rows = 0;
    if (!texts) { read(); }
    for (var i = 0; i < all.length; i++) {
      var is = holds(texts[i], words);
      all[i].classList.toggle('gone', !is);
      if (!is) { continue; }
      if (all[i].tagName === 'TR') { rows++; } else if (all[i].classList.contains('prompt')) { prompts++; } else { tools++; }
    }
    found.textContent = words.length === 0 ? '' :
      counted(tools, 'tool') + ', ' + counted(prompts, 'prompt') + ' and ' + counted(rows, 'row') + ' of tables match.';
  }

  function counted(count, name) {
    return count + ' ' + name + (count === 1 ? '' : 's');
  }

  query.addEventListener('input', function () {
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  });
  document.addEventListener('keydown', function (event) {
    var name = event.target && event.target.tagName;
    // Browsers of 2016 do not all know `key`.
    var key = event.key || { 27: 'Escape', 191: '/' }[event.keyCode];
    if (key === '/' && name !== 'INPUT' && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      query.focus();
    } else if ((key === 'Escape' || key === 'Esc') && query.value !== '') {
      query.value = '';
      search();
    }
  });
  // A link to a tool that the search has hidden shows it again.
  window.addEventListener('hashchange', function () {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.classList.contains('gone')) { query.value = ''; search(); target.scrollIntoView(); }
  });

  // On paper everything is open.
  var closed = [];
  function open() {
    var details = document.querySelectorAll('details:not([open])');
    for (var i = 0; i < details.length; i++) { details[i].setAttribute('open', ''); closed.push(details[i]); }
  }
  function close() {
    while (closed.length) { closed.pop().removeAttribute('open'); }
  }
  if ('onbeforeprint' in window) {
    window.addEventListener('beforeprint', open);
    window.addEventListener('afterprint', close);
  } else if (window.matchMedia) {
    window.matchMedia('print').addListener(function (print) { if (print.matches) { open(); } else { close(); } });
  }
}());
