/** Options that more than one command has, and how their values are read. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

/**
 * Reads an option that may be repeated.
 * @param value of this time
 * @param before those of the times before
 * @returns all of them
 */
export function collected(value: string, before: string[] | undefined): string[] {
  return [...before ?? [], value];
}

/**
 * Makes what collects an option that may be repeated and has one of a few values.
 * @param values those that there are
 * @returns the reader; it throws what commander reports as an invalid argument
 */
export function collectedOf<Value extends string>(
  values: readonly Value[],
): (value: string, before: Value[] | undefined) => Value[] {
  return (value, before) => {
    const known = values.find((one) => one === value);
    if (known !== undefined) return [...before ?? [], known];
    throw new InvalidArgumentError(`There is only ${values.join(", ")}.`);
  };
}

/**
 * Makes what reads a whole number.
 * @param least the smallest allowed
 * @param most the largest allowed
 * @returns the reader; it throws what commander reports as an invalid argument
 */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

/**
 * `-n, --lines`, as the core's logs take it.
 * @param description of the option
 * @returns the option; 100 lines if it is not given
 */
export function linesOption(
  description: string,
): Option<"-n, --lines <number>", undefined, 100, number> {
  return new Option("-n, --lines <number>", description).argParser(wholeNumber(1, 1000))
    .default(100);
}
