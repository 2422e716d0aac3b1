"""Items and results in the formats of other systems: text or bytes in, items out, and the other way. Pure; imports of `quiz` alone.

carries          the one table of what each format can carry; docs/interchange.md shows it, tests hold the writers to it
features         what of that table an item uses
taken            what came of reading a file: items, questions that were refused with line and reason, what had no home
limits           how large a file, a question and its parts may be; bytes -> lines
gift_tokens      GIFT's signs: escapes, formats, weights
gift_questions   GIFT as it is written: one parsed value a question, the kinds that have no item here among them
gift_reader      GIFT -> items
gift_texts       its part: texts of every format as Markdown, and which of them is the stem
gift_answers     its part: short answers and numbers that can stand side by side
gift_numbers     numbers with tolerance and ranges, in GIFT's notation and in ours
gift_writer      items -> GIFT
aiken            Aiken -> items
markup           HTML -> the Markdown of this course
plain            plain text -> Markdown that reads the same
markdown_writer  an item -> its `/// question` block: the inverse of `quiz.questions`
naming           ids for questions that come with a name or none
qti              items and quizzes -> a QTI 2.1 package
qti_items        its part: an item, what is asked and what is said afterwards
qti_responses    its part: how a response is scored, in QTI's expressions
patterns         its part: texts and outputs as regular expressions of XML Schema
xhtml            its part: HTML -> the elements that QTI has
elements         its part: an element of XML in one call
gradebook        grades -> the files of Canvas and Moodle
responses        responses -> rows
statements       responses -> xAPI statements
cells            cells of a CSV file, none of them a formula

A reader is a pair: what the file says, value for value, and what of that is an item here. Nothing is dropped without a word: a
question is taken, or refused with its line and reason, and what a taken one carried beyond an item is told.
"""
