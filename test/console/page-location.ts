/**
 * The location of the page, which modules of the console read once. Test files share those modules, so all of them have the same location:
 * in a namespace.
 */
export const PAGE = new URL('http://127.0.0.1:8989/ns/one/console/')
