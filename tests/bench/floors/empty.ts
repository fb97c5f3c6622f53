/** The floor for start-up: a program that does nothing. */
