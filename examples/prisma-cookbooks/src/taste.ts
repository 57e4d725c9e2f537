/** How sweet, how salty and how hot something tastes: three numbers in place of what a model would give. */
export function tasteOf(words: string): number[] {
  const flavours = [/honey|apple|cake|rice/giu, /cheese|noodles|soup|rice/giu, /chilli|curry|ginger/giu];
  return flavours.map((flavour) => 0.1 + (words.match(flavour)?.length ?? 0));
}
