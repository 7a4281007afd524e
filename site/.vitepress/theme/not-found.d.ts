declare module "vitepress/dist/client/theme-default/NotFound.vue" {
  import type { DefineComponent } from "vue";
  const component: DefineComponent;
  export default component;
}
