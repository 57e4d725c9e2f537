import { registerHooks } from "node:module";

/**
 * Lets what is loaded import this package and those that it stands on, also where none is installed: `npx` keeps them in a folder of its own.
 * One that is installed goes first. Until the function that it answers is called.
 *
 * @see https://nodejs.org/api/module.html#moduleregisterhooksoptions
 */
export function lendOwnPackages(): () => void {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      try {
        return next(specifier, context);
      } catch (error) {
        if (!specifier.startsWith("@litefleet/")) throw error;
        try {
          return next(specifier, { ...context, parentURL: import.meta.url });
        } catch {
          throw error;
        }
      }
    },
  });
  return () => {
    hooks.deregister();
  };
}
