/** What to do about an error that is not a person's to mend. */
export const adviceOnFault = "Set --log-level debug to see more.";
