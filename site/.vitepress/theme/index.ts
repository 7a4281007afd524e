import NotFound from "vitepress/dist/client/theme-default/NotFound.vue";
import theme from "vitepress/theme";
import { h } from "vue";
import "./site.css";

/** VitePress has no landmark around what a wrong address shows, so that screen readers do not find it. */
const layout = () => h(theme.Layout, null, { "not-found": () => h("main", h(NotFound)) });

export default { ...theme, Layout: layout };
