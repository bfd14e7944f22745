/** What a setting must be like. The stack checks it at synthesis, and a function where it reads the variable. */
export interface Form {
  readonly isRight: (value: string) => boolean;
  /** Ends the sentence "<name> must ...". */
  readonly must: string;
}

export const utcOffsetForm: Form = {
  isRight: (value) => /^[+-](?:0\d|1[0-4]):[0-5]\d$/.test(value),
  must: "be an offset such as +05:30",
};

/** What a URL makes another of, as `//host/x` and `/../x`, does not say where a call goes. */
export const pathForm: Form = {
  isRight: (value) => /^\/[\w./-]*$/.test(value) && URL.parse(value, "https://host")?.pathname === value,
  must: "be a path such as /api/v2/decrypt",
};

export const onOrOffForm: Form = {
  isRight: (value) => value === "on" || value === "off",
  must: "be on or off",
};

export const accountForm: Form = {
  isRight: (value) => /^[A-Za-z0-9-]{1,32}$/.test(value),
  must: "be 1 to 32 letters, digits or hyphens: it is part of every record's identity",
};
