"""The quiz engine. It works in a REPL: no web, no Markdown renderer, no lab, and nothing here imports `webapp`.

kinds         how each kind is answered, and the rules that fit it
options       what is chosen or ordered, and the answers that may be written
written       the kinds that are written: numeric, texts and outputs, each with its notation
rules         what stands beside the key: tries, what a retry and a hint take off, certainty
items         an item with its stem, options and key: frozen, checked on creation, and hashed three ways
questions     the text of one `/// question` block -> an item, or every error of the block with its line
declarations  its part: what the YAML lines of a block declare
sections      its part: hints, an explanation, feedback for the item as a whole
keys          its part: which reader a key has: choices, steps, answers or printed
blocks        its ground: the lines of a block, which are fenced code, and what is wrong with which
names         its words for a name that is not known
scoring       an item and a response -> a score: pure
responses     what was given for an item, as it is stored
models        tables: item versions, attempts, responses, scores; append-only, held by triggers
versions      the texts of items as they were published
tries         the responses to an item of an attempt, in their order, and the best of them
standing      what a learner has before them in an attempt, and what it has earned: reads alone
pinning       an item of an attempt, held to the version and the order of options that its learner saw
policies      which attempts at a quiz make its grade: pure
quizzes       quizzes over lessons: what is in one, its rules, what an attempt draws: pure
grades        the gradebook, kept up with what changes it, and made anew
taking        a response that is taken: scored by the version that was seen, and stored
attempts      what may be done in an attempt, and what is refused: respond, open a hint, start over, erase
giving_up     the answer instead of another try
carrying      a next attempt in which only what was wrong is open
seats         where a learner stands in a quiz over lessons: reads alone
sittings      attempts at quizzes over lessons: begin, answer, submit, end what its time has ended
certainty     how sure learners are: its marks, and how often they are right
statements    what they said of it, read for certainty
review        when an item comes back, by FSRS, and which items make up a day: pure
cards         what a learner has in review, read from responses and reviews
reviewing     a day's review as an attempt of its own: respond, open a hint
moments       means, variances, intervals: the arithmetic under the next four
analysis      what the marks of a quiz say of its items and of itself: Moodle's formulas, pure
distractors   its part: who chose which option
misconceptions  its part: who shows which wrong idea, and no longer does
findings      what an author should look at, and why, as codes with numbers
lint          what makes an item tell or teach less than it could: warnings, of one item and of all together, pure
sheets        which attempts and editions count: responses set out for the analysis
records       the responses of a course, read for sheets
ledger        every response with its first and its present score, in the order of time
errors        what can go wrong, as facts; the caller chooses the words
interchange   a package: items and results in the formats of other systems, with its own map

Who imports whom: questions -> keys, declarations, sections and what these may; keys -> choices, steps, answers, printed -> blocks,
options, kinds, written; declarations -> blocks, items, rules; items -> kinds, options, rules, written; scoring, responses ->
items, written; versions -> items, models; tries -> items, models, rules; standing -> items, models, tries; pinning -> items,
models, standing, versions; taking -> certainty, scoring, pinning and what pinning may; attempts -> taking, responses, grades
and what these may; giving_up -> attempts, standing; quizzes -> items, policies; grades -> models, policies, tries; seats ->
items, models, quizzes; carrying -> grades, models, pinning, standing, tries; sittings -> all of these and attempts; regrades,
predictions -> grades; certainty -> moments; statements -> cards, certainty, standing, tries; review -> items; cards -> models,
review; reviewing -> attempts, cards; lint -> items, scoring, findings, names; analysis, distractors, misconceptions ->
moments; findings -> these; sheets -> these, items, scoring; records -> models, sheets, tries; ledger -> items, models, tries;
corrections -> models, rules, tries; anyone -> errors; interchange -> items, questions, ledger and what these are made of.
Nothing else.
"""
