// A module of its own: a bundle must not give the library a part of the charm's start.
export { parse } from "yaml";
