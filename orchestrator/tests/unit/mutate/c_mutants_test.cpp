// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_mutants.hpp"

#include "base/process.hpp"
#include "base/text.hpp"
#include "running.hpp"
#include "scratch.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace assay::mutate {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

/// What the sources of the tests have of a kernel.
constexpr std::string_view kernel_like = R"(
typedef _Bool bool;
enum { false, true };
#define NULL ((void *)0)
#define EINVAL 22
#define unlikely(x) __builtin_expect(!!(x), 0)
#define VM_BUG_ON(cond) do { if (cond) __builtin_trap(); } while (0)
#define WARN_ON(cond) ({ int __ret = !!(cond); if (__ret) printk("bad"); unlikely(__ret); })
#define WRITE_ONCE(x, v) do { *(volatile __typeof__(x) *)&(x) = (v); } while (0)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define for_each(i, n) for (i = 0; i < (n); i++)
#define FLAG_A 0x1u
#define FLAG_B (1u << 1)
#define FLAG_C 4u
struct page { int count; struct page *next; };
int printk(const char *text, ...);
void spin_lock(int *lock);
void spin_unlock(int *lock);
void touch(struct page *page);
void copy(struct page *to, struct page *from, int length);
int f(int x);
int g(int x);
)";

class CMutantsTest : public testing::Test {
 protected:
  /// Mutants of function `t`, which `body` has. `extra` are flags.
  std::vector<Mutant> of(std::string_view body, Wanted wanted = {.lines = {}, .functions = {"t"}}) {
    file_.text = fmt::format("#include \"kernel_like.h\"\n{}", body);
    auto made = run_on(io_, mutants_of(file_, std::move(wanted)));
    EXPECT_TRUE(made) << made.error().text();
    return made ? std::move(*made) : std::vector<Mutant>();
  }

  std::string error_of(std::string_view body, Wanted wanted = {.lines = {}, .functions = {"t"}}) {
    file_.text = body;
    const auto made = run_on(io_, mutants_of(file_, std::move(wanted)));
    EXPECT_FALSE(made);
    return made ? "" : made.error().text();
  }

  /// "before -> after" of those with the operator.
  static std::vector<std::string> changes(const std::vector<Mutant>& mutants, Operator op) {
    std::vector<std::string> result;
    for (const auto& one : mutants) {
      if (one.op == op) {
        result.push_back(fmt::format("{} -> {}", one.before, one.after));
      }
    }
    return result;
  }

  Scratch scratch_;
  asio::io_context io_;
  CFile file_ = {.name = "mm/t.c", .text = "", .tree = scratch_.root(), .flags = {"-std=gnu11", "-I."}};
  fs::path header_ = scratch_.write("kernel_like.h", kernel_like);
};

TEST_F(CMutantsTest, LeavesStatementsOut) {
  const auto made = of(R"(
int t(struct page *page)
{
	int x = f(1);

	x = g(x);
	touch(page);
	page->count++;
	WRITE_ONCE(page->count, x);
	barrier();
	return x;
}
)");
  EXPECT_THAT(changes(made, Operator::drop_statement),
              ElementsAre("x = g(x) -> ", "touch(page) -> ", "page->count++ -> ",
                          "WRITE_ONCE(page->count, x) -> ", "barrier() -> "));
  EXPECT_THAT(changes(made, Operator::drop_jump), IsEmpty());
}

TEST_F(CMutantsTest, SaysWhatIsALock) {
  const auto made =
      of("void t(int *lock, struct page *p)\n{\n\tspin_lock(lock);\n\ttouch(p);\n\tspin_unlock(lock);\n}\n");
  EXPECT_THAT(changes(made, Operator::drop_lock),
              ElementsAre("spin_lock(lock) -> ", "spin_unlock(lock) -> "));
  EXPECT_THAT(changes(made, Operator::drop_statement), ElementsAre("touch(p) -> "));
}

TEST_F(CMutantsTest, LeavesJumpsOutThatLeadElsewhere) {
  const auto made = of(R"(
int t(int a)
{
	int i;

	for_each(i, 9) {
		if (f(i)) {
			touch(NULL);
			continue;
		}
		if (g(i))
			break;
		touch(NULL);
		continue;
	}
	if (a) {
		touch(NULL);
		goto out;
	}
	a = f(a);
out:
	return a;
}
)");
  EXPECT_THAT(changes(made, Operator::drop_jump), ElementsAre("continue -> ", "goto out -> "));
}

TEST_F(CMutantsTest, ChangesConditions) {
  const auto made = of(R"(
int t(int a, struct page *page)
{
	if (!page)
		return 0;
	if (a == 3)
		touch(page);
	else
		touch(page->next);
	if (f(a)) {
		touch(page);
		a = 1;
	}
	while (page->next)
		page = page->next;
	return a ? f(a) : 3;
}
)");
  EXPECT_THAT(changes(made, Operator::negate), ElementsAre("!page -> page", "== -> !=", "f(a) -> !f(a)",
                                                           "page->next -> !page->next", "a -> !a"));
  EXPECT_THAT(changes(made, Operator::always),
              ElementsAre("!page -> 1", "a == 3 -> 1", "f(a) -> f(a) || 1", "a -> 1"));
  EXPECT_THAT(changes(made, Operator::never),
              ElementsAre("a == 3 -> 0", "f(a) -> f(a) && 0", "page->next -> 0", "a -> 0"));
  EXPECT_THAT(changes(made, Operator::skip_error_path), ElementsAre("!page -> 0"));
}

TEST_F(CMutantsTest, LeavesOperandsOutInMacrosToo) {
  const auto made = of(
      "int t(int a, int b)\n{\n\tif (unlikely(a > 3 &&\n\t    b && f(a)))\n\t\treturn 0;\n\treturn a;\n}\n");
  EXPECT_THAT(changes(made, Operator::drop_operand),
              ElementsAre("a > 3 &&\n\t     -> \n", " &&\n\t    b -> \n", " && f(a) -> "));
}

TEST_F(CMutantsTest, MovesBoundaries) {
  const auto made =
      of("int t(int a)\n{\n\tif (a < 3 || a > 9 || f(a) == 0x1f)\n\t\treturn 1;\n\treturn a <= 7UL;\n}\n");
  EXPECT_THAT(changes(made, Operator::move_boundary),
              ElementsAre("< -> <=", "> -> >=", "9 -> 10", "0x1f -> 0x20", "<= -> <", "7UL -> 8UL"));
}

TEST_F(CMutantsTest, ExchangesOperators) {
  const auto made = of(R"(
unsigned t(unsigned a, unsigned b, char *p)
{
	p = p + 1;
	a = a + b;
	a |= b;
	a += 3;
	a = a << 2;
	b--;
	if (a & b)
		b = a & 3;
	return *p;
}
)");
  EXPECT_THAT(changes(made, Operator::exchange_operator),
              ElementsAre("+ -> -", "|= -> &=", "+= -> -=", "<< -> >>", "-- -> ++", "& -> |"));
}

TEST_F(CMutantsTest, ReturnsOtherValues) {
  const auto number =
      of("int t(int a)\n{\n\tif (a)\n\t\treturn -EINVAL;\n\tif (g(a))\n\t\treturn f(a);\n\treturn 0;\n}\n");
  EXPECT_THAT(changes(number, Operator::replace_return),
              ElementsAre("-EINVAL -> 0", "f(a) -> ((void)(f(a)), 0)", "0 -> -22"));
  const auto truth = of("bool t(int a)\n{\n\tif (a)\n\t\treturn true;\n\treturn f(a);\n}\n");
  EXPECT_THAT(changes(truth, Operator::replace_return), ElementsAre("true -> false", "f(a) -> !f(a)"));
  const auto pointer =
      of("struct page *t(struct page *p)\n{\n\tif (!p)\n\t\treturn NULL;\n\treturn p->next;\n}\n");
  EXPECT_THAT(changes(pointer, Operator::replace_return), ElementsAre("p->next -> NULL"));
}

TEST_F(CMutantsTest, ExchangesArgumentsOfOneType) {
  const auto made = of("void t(struct page *a, struct page *b)\n{\n\tcopy(a, b, 3);\n}\n");
  EXPECT_THAT(changes(made, Operator::exchange_arguments), ElementsAre("a, b -> b, a"));
}

TEST_F(CMutantsTest, SwapsStatementsThatDependOnEachOther) {
  const auto made = of(R"(
int t(struct page *page, int *lock)
{
	int a, b;

	a = f(1);
	b = g(2); /* of a { */

	a = f(b);
	spin_lock(lock);
	b = *lock;
	return a + b;
}
)");
  EXPECT_THAT(changes(made, Operator::swap_statements),
              ElementsAre("b = g(2); /* of a { */\n\n\ta = f(b) -> a = f(b); /* of a { */\n\n\tb = g(2)",
                          "spin_lock(lock);\n\tb = *lock -> b = *lock;\n\tspin_lock(lock)"));
}

TEST_F(CMutantsTest, LeavesFlagsOut) {
  const auto made = of("unsigned t(unsigned a)\n{\n\treturn a & (FLAG_A | FLAG_B | FLAG_C);\n}\n");
  EXPECT_THAT(changes(made, Operator::drop_flag),
              ElementsAre("FLAG_A |  -> ", " | FLAG_B -> ", " | FLAG_C -> "));
}

TEST_F(CMutantsTest, FindsMacrosInArgumentsOfMacros) {
  const auto made = of(R"(
#define BAD(x) ((x) & (FLAG_A | FLAG_B))
int t(int a)
{
	if (unlikely(a & (FLAG_A | FLAG_B | FLAG_C)))
		return 1;
	if (unlikely(BAD(a) && f(a)))
		return 2;
	return 3;
}
)");
  EXPECT_THAT(changes(made, Operator::drop_flag),
              ElementsAre("FLAG_A |  -> ", " | FLAG_B -> ", " | FLAG_C -> "));
  EXPECT_THAT(
      changes(made, Operator::negate),
      ElementsAre("unlikely(a & (FLAG_A | FLAG_B | FLAG_C)) -> !unlikely(a & (FLAG_A | FLAG_B | FLAG_C))",
                  "unlikely(BAD(a) && f(a)) -> !unlikely(BAD(a) && f(a))"));
}

TEST_F(CMutantsTest, LeavesAssertionsAndMessagesAlone) {
  const auto made = of(R"(
void t(int a)
{
	VM_BUG_ON(a < 3 && !f(a));
	if (WARN_ON(a == 3))
		return;
	if (a > 4) {
		printk("%d) \"{", a + 1);
	}
	printk("x");
}
)");
  EXPECT_THAT(made, IsEmpty());
}

TEST_F(CMutantsTest, LeavesCodeAloneThatIsThereForAssertions) {
  EXPECT_THAT(of(R"(
void t(struct page **pages, int n)
{
	if (!pages)
		return;
	for (; n; n--, pages++) {
		struct page *one = *pages;

		if (!one->count || f(n))
			continue;
		if (one->next)
			VM_BUG_ON(one->count > 3);
		else
			VM_BUG_ON(one->count < 3);
	}
}
)"),
              IsEmpty());
}

TEST_F(CMutantsTest, LeavingALoopIsNoMessage) {
  const auto made = of(R"(
void t(struct page **pages, int n)
{
	for (; n; n--, pages++) {
		if (!*pages)
			continue;
		if ((*pages)->count) {
			printk("counted");
			break;
		}
		VM_BUG_ON(n > 3);
		touch(*pages);
	}
	if (n) {
		int more = f(n);

		VM_BUG_ON(more);
	}
}
)");
  EXPECT_THAT(changes(made, Operator::negate),
              ElementsAre("n -> !n", "!*pages -> *pages", "(*pages)->count -> !(*pages)->count", "n -> !n"));
}

TEST_F(CMutantsTest, KeepsOutOfWhatMacrosMade) {
  const auto made = of(R"(
#define SUM(a, b) ((a) + f(b))
#define IF_BIG(x, then) do { if ((x) > 5) then; } while (0)
int t(int a)
{
	int i, b = SUM(a, 1);

	for_each(i, 3)
		IF_BIG(b, b = g(b));
	if (SUM(a, b) > 3)
		b = 1;
	if (b)
		IF_BIG(a, b = 2);
	else
		WRITE_ONCE(b, 7);
	return b;
}
)");
  for (const auto& one : made) {
    EXPECT_GT(one.line, 6U) << one.before << " -> " << one.after;
  }
  EXPECT_THAT(changes(made, Operator::negate), ElementsAre("> -> <=", "b -> !b"));
  EXPECT_THAT(
      changes(made, Operator::drop_statement),
      ElementsAre("IF_BIG(b, b = g(b)) -> ", "b = 1 -> ", "IF_BIG(a, b = 2) -> ", "WRITE_ONCE(b, 7) -> "));
}

TEST_F(CMutantsTest, FindsTheFunctionThatIsMeant) {
  const auto body = R"(
int before_t(int a) { return a + 1; }
static inline int
t
  (int a /* { */, char c)
  __attribute__((noinline));
#ifdef NOT_SET
static inline int t(int a, char c) {
#else
static inline int t(int a, char c)
{
#endif
	if (c == '{') { a -= 1; }
	return f(a);	// }
}
int t_behind(int a) { return a + t(a, '"'); }
)";
  const auto made = of(body);
  ASSERT_THAT(made, Not(IsEmpty()));
  for (const auto& one : made) {
    EXPECT_EQ(one.function, "t");
    EXPECT_TRUE(one.line == 14 || one.line == 15) << one.line;
  }
  const auto lines = of(body, {.lines = {3, 17}, .functions = {}});
  EXPECT_TRUE(std::ranges::all_of(lines, [](const Mutant& one) { return one.line != 14; }));
  EXPECT_THAT(changes(lines, Operator::exchange_operator), ElementsAre("+ -> -", "+ -> -"));
}

TEST_F(CMutantsTest, KeepsLinesAndPlaces) {
  const auto made = of("int t(int a)\n{\n\ta = f(a +\n\t      1);\n\treturn a;\n}\n");
  for (const auto& one : made) {
    const auto after = mutated(file_.text, one);
    EXPECT_EQ(std::ranges::count(after, '\n'), std::ranges::count(file_.text, '\n'));
    EXPECT_EQ(file_.text.substr(one.offset, one.length), one.before);
    EXPECT_EQ(one.id.size(), 12U);
  }
  ASSERT_THAT(made, Not(IsEmpty()));
  EXPECT_EQ(made[0].line, 4U);
  EXPECT_EQ(made[0].column, 2U);
}

/// A bit of everything, laid out as nobody should.
constexpr std::string_view odd_code = R"(
static int walk(struct page*page,int*lock,unsigned flags)
{
	struct page *next = page ? page->next : NULL; int i
		, n = 0;

	/* if (x) { return "; */
	for (i = 0; i < 9 && next; i++) {
		const char *text = "a \" ) { /* b";

		if (!next
#ifdef NOT_SET
		    || next->count > 3
#endif
		    || unlikely(text [i]=='}'))
			goto
				out;
		switch (flags & (FLAG_A|FLAG_B)) {
		case FLAG_A: n += f(i) ; break;
		default:
			touch(next), touch(page);
			continue;
		}
		spin_lock(lock); n ++; spin_unlock(lock);
		next = next->next;
	}
	do { n -= 2; } while (n > 7);
	if (n == 3 || (f(n) < 0 && g(n) >= 1)) {
		copy(page, next,
		     n);
		return -EINVAL;
	} else if (flags) WRITE_ONCE(page->count, n);
	else
		barrier();
out:
	return n;
}
int t(struct page *page, int *lock) { return walk(page, lock, FLAG_A | FLAG_C); }
)";

TEST_F(CMutantsTest, MakesCodeThatCompiles) {
  const auto made = of(odd_code, {.lines = {}, .functions = {"t", "walk"}});
  EXPECT_GT(made.size(), 45U);
  std::vector<std::string> broken;
  for (const auto& one : made) {
    scratch_.write("mm/mutant.c", mutated(file_.text, one));
    Command command;
    command.argv = {"g++", "-x", "c", "-std=gnu11", "-fsyntax-only", "-w", "-I.", "mm/mutant.c"};
    command.directory = scratch_.root();
    const auto end = run_on(io_, run_process(std::move(command)));
    if (!end || !end->ok()) {
      broken.push_back(fmt::format("{}: {} -> {}", one.line, one.before, one.after));
    }
  }
  EXPECT_THAT(broken, IsEmpty());
}

TEST_F(CMutantsTest, ReadsTheTextAndNotTheTree) {
  scratch_.write("mm/t.c", "this is no C");
  EXPECT_THAT(of("int t(int a)\n{\n\treturn f(a);\n}\n"), Not(IsEmpty()));
}

TEST_F(CMutantsTest, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("int tt(void)\n{\n\treturn 1;\n}\n", {.lines = {}, .functions = {"ttt"}}),
            "cannot make mutants of ttt: mm/t.c has no such function; did you mean \"tt\"?");
  EXPECT_EQ(error_of("#include \"missing.h\"\nint t(struct nothing x)\n{\n\treturn 1;\n}\n"),
            "cannot parse mm/t.c: clang-19: mm/t.c:1:10: fatal error: 'missing.h' file not found");
  EXPECT_EQ(error_of("#if 0\nint t(void)\n{\n\treturn 1;\n}\n#endif\n"),
            "cannot make mutants of t: this configuration does not compile it (mm/t.c)");
}

TEST_F(CMutantsTest, ChoosesLinesFirst) {
  std::vector<Mutant> all;
  for (unsigned line = 1; line <= 10; ++line) {
    for (const auto op : {Operator::negate, Operator::always, Operator::drop_statement}) {
      Mutant one;
      one.op = op;
      one.line = line;
      all.push_back(one);
    }
  }
  const auto lines = [](const std::vector<Mutant>& mutants) {
    std::vector<unsigned> result;
    std::ranges::transform(mutants, std::back_inserter(result), &Mutant::line);
    return result;
  };
  EXPECT_THAT(lines(chosen(all, 5)), ElementsAre(1, 3, 5, 7, 9));
  EXPECT_THAT(lines(chosen(all, 12)), ElementsAre(1, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10));
  EXPECT_EQ(std::ranges::count(chosen(all, 9), Operator::always, &Mutant::op), 3);
  EXPECT_EQ(chosen(all, 100).size(), 30U);
  EXPECT_THAT(chosen(all, 0), IsEmpty());
}

}  // namespace
}  // namespace assay::mutate
