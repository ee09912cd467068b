/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    // Elements are made one by one, not by `innerHTML`: the page's policy (`require-trusted-types-for`) forbids that.
    fragments: 'tree',
  },
};
