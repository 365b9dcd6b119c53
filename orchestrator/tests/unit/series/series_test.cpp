// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/series.hpp"

#include "mail_dress.hpp"
#include "scratch.hpp"
#include "series/patch.hpp"

#include <array>
#include <random>

namespace assay::series {
namespace {

using testing_mail::base64;
using testing_mail::quoted_printable;
using testing_mail::separator;
using testing_mail::with_returns;

std::string diff(int number) {
  return fmt::format(
      "--- a/mm/f{0}.c\n+++ b/mm/f{0}.c\n@@ -1,3 +1,3 @@ int f{0}(void)\n int f;\n-\tx = {0} == 1;\n"
      "+\tx = {0} == 2; /* caf\xc3\xa9 */\n }}\n",
      number);
}

enum class Encoding : std::uint8_t { plain, quoted, base64, returns };

std::string mail(const std::string& subject, const std::string& body, Encoding encoding = Encoding::plain) {
  auto text = fmt::format("From: A <a@x>\nSubject: {}\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n", subject);
  if (encoding == Encoding::quoted) {
    text += "Content-Transfer-Encoding: quoted-printable\n\n" + quoted_printable(body);
  } else if (encoding == Encoding::base64) {
    text += "Content-Transfer-Encoding: base64\n\n" + base64(body);
  } else {
    text += "\n" + body;
  }
  return encoding == Encoding::returns ? with_returns(text) : text;
}

std::string mbox(const std::vector<std::string>& mails) {
  std::string text;
  for (const auto& one : mails) {
    text += separator + one + "\n";
  }
  return text;
}

class SeriesTest : public testing::Test {
 protected:
  std::vector<SeriesPatch> read(const fs::path& place, const SeriesWish& wish = {}) {
    auto patches = read_series(scratch_.root() / place, wish);
    EXPECT_TRUE(patches) << patches.error().text();
    return patches ? patches->patches : std::vector<SeriesPatch>();
  }
  std::string error_of(const fs::path& place, const SeriesWish& wish = {}) {
    const auto patches = read_series(scratch_.root() / place, wish);
    EXPECT_FALSE(patches);
    return patches ? "no error" : scratch_.without_root(patches.error().text());
  }
  /// The file that each patch changes.
  static std::string files(const std::vector<SeriesPatch>& patches) {
    std::string text;
    for (const auto& patch : patches) {
      const auto parsed = parse_patch(patch.text);
      EXPECT_TRUE(parsed) << parsed.error().text() << "\n" << patch.text;
      text += (patch.reverse ? "-" : "") + (parsed ? parsed->front().new_path : "?") + " ";
    }
    return text;
  }

  Scratch scratch_;
};

TEST_F(SeriesTest, AFolderWithoutASeriesFileIsOrderedByNumber) {
  for (const int n : {1, 2, 9, 10, 11}) {
    scratch_.write(fmt::format("p/{}-x.patch", n), diff(n));
  }
  scratch_.write("p/README", "not a patch");
  EXPECT_EQ(files(read("p")), "mm/f1.c mm/f2.c mm/f9.c mm/f10.c mm/f11.c ");
  EXPECT_EQ(files(read("p", {true, {}})), "-mm/f11.c -mm/f10.c -mm/f9.c -mm/f2.c -mm/f1.c ");
}

TEST_F(SeriesTest, TheOutputOfFormatPatchIsASeries) {
  scratch_.write("p/0000-cover-letter.patch", mail("[PATCH 0/2] cover", "prose\n"));
  scratch_.write("p/0001-a.patch", "From 123 Mon Sep 17 00:00:00 2001\n" + mail("[PATCH 1/2] a", diff(1)));
  scratch_.write("p/0002-b.patch", "From 456 Mon Sep 17 00:00:00 2001\n" + mail("[PATCH 2/2] b", diff(2)));
  const auto patches = read("p");
  EXPECT_EQ(files(patches), "mm/f1.c mm/f2.c ");
  EXPECT_EQ(patches[1].subject, "[PATCH 2/2] b");
  EXPECT_EQ(patches[1].name, "0002-b.patch");
  EXPECT_EQ(patches[1].where(), (scratch_.root() / "p/0002-b.patch").string());
  fs::remove(scratch_.root() / "p/0001-a.patch");
  EXPECT_EQ(error_of("p"), "cannot read the series p: patch 1/2 is missing");
}

TEST_F(SeriesTest, APatchFileStaysAsItIs) {
  const auto text = "From 123 Mon Sep 17 00:00:00 2001\n" + mail("[PATCH 3/5] a", diff(1));
  scratch_.write("0003-a.patch", text);
  const auto patches = read("0003-a.patch");
  ASSERT_EQ(patches.size(), 1U);
  EXPECT_EQ(patches[0].text, text) << "its identity must not change";
  EXPECT_EQ(patches[0].subject, "[PATCH 3/5] a");
}

TEST_F(SeriesTest, AnMboxIsReadInAllItsEncodings) {
  scratch_.write(
      "v2.mbox",
      mbox({mail("[PATCH v2 0/4] cover", "prose\n"), mail("[PATCH v2 2/4] b", diff(2), Encoding::quoted),
            mail("[PATCH v2 4/4] d", diff(4), Encoding::returns),
            mail("Re: [PATCH v2 2/4] b", "> " + diff(2)), mail("[PATCH v2 1/4] a", diff(1)),
            mail("=?utf-8?q?[PATCH_v2_3/4]_caf=C3=A9?=", diff(3), Encoding::base64)}));
  const auto patches = read("v2.mbox");
  EXPECT_EQ(files(patches), "mm/f1.c mm/f2.c mm/f3.c mm/f4.c ");
  for (int n = 1; n <= 4; ++n) {
    EXPECT_NE(patches.at(static_cast<std::size_t>(n - 1)).text.find(diff(n)), std::string::npos) << n;
  }
  EXPECT_EQ(patches[2].subject, "[PATCH v2 3/4] caf\xc3\xa9");
  EXPECT_EQ(scratch_.without_root(patches[1].where()), "v2.mbox ([PATCH v2 2/4] b)");
}

TEST_F(SeriesTest, AnMboxThatIsNotWholeIsRefused) {
  scratch_.write("x.mbox", mbox({mail("[PATCH 1/5] a", diff(1)), mail("[PATCH 2/5] b", diff(2)),
                                 mail("[PATCH 4/5] d", diff(4)), mail("[PATCH 5/5] e", diff(5))}));
  EXPECT_EQ(error_of("x.mbox"), "cannot read the series x.mbox: patch 3/5 is missing");
  scratch_.write("one.mbox", mbox({mail("[PATCH 1/2] a", diff(1))}));
  EXPECT_EQ(error_of("one.mbox"), "cannot read the series one.mbox: patch 2/2 is missing");
  EXPECT_EQ(error_of("none.mbox"),
            "cannot read the series none.mbox: there is no such file or folder; did you mean \"one.mbox\"?");
}

TEST_F(SeriesTest, ARevisionCanBeChosen) {
  scratch_.write("x.mbox", mbox({mail("[PATCH 1/1] a", diff(1)), mail("[PATCH v2 1/1] a", diff(2))}));
  EXPECT_EQ(files(read("x.mbox")), "mm/f2.c ");
  EXPECT_EQ(files(read("x.mbox", {false, Revision{1, 0}})), "mm/f1.c ");
}

TEST_F(SeriesTest, ArchivesMayBePacked) {
  scratch_.write("t.mbox", mbox({mail("[PATCH 1/1] a", diff(1))}));
  ASSERT_EQ(std::system(("gzip " + (scratch_.root() / "t.mbox").string()).c_str()), 0);
  EXPECT_EQ(files(read("t.mbox.gz")), "mm/f1.c ");
  const auto packed = read_file(scratch_.root() / "t.mbox.gz");
  ASSERT_TRUE(packed);
  scratch_.write("cut.mbox.gz", packed->substr(0, packed->size() / 2));
  EXPECT_NE(error_of("cut.mbox.gz").find("cannot unpack cut.mbox.gz"), std::string::npos);
}

TEST_F(SeriesTest, AListedPatchMayBeEncoded) {
  scratch_.write("p/series", "a.patch\n");
  scratch_.write("p/a.patch", mail("[PATCH 2/9] a", diff(1), Encoding::quoted));
  EXPECT_EQ(files(read("p")), "mm/f1.c ");
}

/// Whatever the order, the encodings and the noise in between: the series comes out whole and in order.
TEST_F(SeriesTest, AnyMixtureGivesTheSeries) {
  std::mt19937 random(20240101);
  for (int round = 0; round < 60; ++round) {
    const int total = static_cast<int>(random() % 12) + 1;
    std::vector<std::string> mails;
    std::string expected;
    for (int n = 1; n <= total; ++n) {
      const auto subject =
          fmt::format("[PATCH{} v3 {}/{}] mm: {}", round % 2 == 0 ? "" : " RESEND", n, total, n);
      mails.push_back(mail(subject, "Text.\n---\n" + diff(n), static_cast<Encoding>(random() % 4)));
      mails.push_back(mail("Re: " + subject, "> " + diff(n) + "Why?\n", static_cast<Encoding>(random() % 4)));
      mails.push_back(mail(fmt::format("[PATCH v2 {}/{}] mm: {}", n, total, n), diff(n + 100)));
      expected += fmt::format("mm/f{}.c ", n);
    }
    mails.push_back(mail(fmt::format("[PATCH v3 0/{}] cover", total), "prose\n"));
    mails.push_back(mails[0]);
    std::shuffle(mails.begin(), mails.end(), random);
    scratch_.write("x.mbox", mbox(mails));
    EXPECT_EQ(files(read("x.mbox")), expected) << "round " << round;
  }
}

std::string mutated(std::string text, std::mt19937& random) {
  constexpr std::array<std::string_view, 10> splices = {
      "\r\n",      "\n\n", "=", "=?utf-8?q?", "--", "[PATCH 2/3]", "From x Mon 00:00:00 2001\n",
      "boundary=", ":",    "\0"};
  for (auto changes = random() % 8 + 1; changes > 0; --changes) {
    const auto at = random() % (text.size() + 1);
    switch (random() % 4) {
      case 0:
        text.insert(at, splices.at(random() % splices.size()));
        break;
      case 1:
        text.erase(at, random() % 40);
        break;
      case 2:
        text.insert(at, text.substr(random() % (text.size() + 1), random() % 200));
        break;
      default:
        if (at < text.size()) {
          text[at] = static_cast<char>(random() % 256);
        }
    }
  }
  return text;
}

TEST_F(SeriesTest, NoBytesMakeItFallOver) {
  std::mt19937 random(42);
  const auto good = mbox({mail("[PATCH 1/3] a", diff(1), Encoding::quoted),
                          mail("[PATCH 2/3] b", diff(2), Encoding::base64),
                          mail("=?utf-8?b?W1BBVENIIDMvM10gYw==?=", diff(3)),
                          "Subject: [PATCH 3/3] c\nContent-Type: multipart/mixed; boundary=xx\n\n--xx\n\n" +
                              diff(3) + "--xx--\n"});
  std::size_t accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto file = scratch_.write("x.mbox", mutated(good, random));
    const auto patches = read_series(file);
    if (patches) {
      ++accepted;
      for (const auto& patch : patches->patches) {
        (void)parse_patch(patch.text);
      }
    } else {
      EXPECT_EQ(patches.error().kind(), Failure::usage);
      EXPECT_NE(patches.error().text().find("x.mbox"), std::string::npos);
    }
  }
  EXPECT_GT(accepted, 0U);
}

std::string with_id(const std::string& id, const std::string& text) {
  return "Message-ID: <" + id + "@x>\n" + text;
}

TEST_F(SeriesTest, ASecondListsCopyIsNoSecondPatch) {
  const auto footer = "\n_______________________________________________\npond mailing list\npond@lists.x\n";
  scratch_.write("x.mbox", mbox({with_id("1", mail("[PATCH 1/2] a", diff(1))),
                                 with_id("2", mail("[PATCH 2/2] b", diff(2))),
                                 with_id("2", mail("[pond] [PATCH 2/2] b", diff(2) + footer)),
                                 with_id("2", mail("[PATCH 2/2] b", diff(2) + footer, Encoding::base64))}));
  EXPECT_EQ(files(read("x.mbox")), "mm/f1.c mm/f2.c ");
}

TEST_F(SeriesTest, AnAnswerWithoutReIsNoPatch) {
  scratch_.write("x.mbox", mbox({mail("[PATCH 1/2] a", diff(1)), mail("[PATCH 2/2] b", diff(2)),
                                 mail("[PATCH 2/2] b", "> Text.\n\nReviewed-by: Bo Reed <bo@x>\n")}));
  EXPECT_EQ(files(read("x.mbox")), "mm/f1.c mm/f2.c ");
}

TEST_F(SeriesTest, ALineThatBeginsLikeAMailIsProse) {
  const std::string prose = "From Monday at 10:30 in 2024 on\nthis was slow.\n---\n";
  scratch_.write("x.mbox", mbox({mail("[PATCH 1/2] a", prose + diff(1)), mail("[PATCH 2/2] b", diff(2))}));
  EXPECT_EQ(files(read("x.mbox")), "mm/f1.c mm/f2.c ");
}

TEST_F(SeriesTest, APartialRerollSaysWhatIsOfWhich) {
  scratch_.write("x.mbox", mbox({mail("[PATCH v2 1/2] a", diff(1)), mail("[PATCH v2 2/2] b", diff(2)),
                                 mail("[PATCH v2.1 2/2] b", diff(22))}));
  EXPECT_EQ(files(read("x.mbox")), "mm/f1.c mm/f22.c ");
  EXPECT_EQ(files(read("x.mbox", {false, Revision{2, 0}})), "mm/f1.c mm/f2.c ");
  const auto series = read_series(scratch_.root() / "x.mbox");
  ASSERT_TRUE(series);
  ASSERT_EQ(series->notes.size(), 1U);
  EXPECT_EQ(scratch_.without_root(series->notes[0]), "x.mbox: patch 2/2 is of v2.1 and patch 1/2 is of v2");
}

}  // namespace
}  // namespace assay::series
