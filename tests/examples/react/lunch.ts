import type { Instrument } from "balint-survey";

/** A survey of the portal's own. */
export const lunch: Instrument = {
  id: "lunch",
  version: 1,
  language: "en",
  title: "Lunch on the wards",
  about: "One question on your last ward shift.",
  population: "students on the wards",
  origin: "This portal.",
  minutes: 1,
  sections: [
    {
      id: "shift",
      title: "Your last shift",
      items: [
        {
          id: "ate",
          kind: "single",
          label: "Had lunch",
          question: "Did you have lunch?",
          categories: [
            { code: "yes", label: "Yes" },
            { code: "no", label: "No" },
          ],
        },
      ],
    },
  ],
};
