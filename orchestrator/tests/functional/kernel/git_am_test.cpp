// SPDX-License-Identifier: GPL-2.0-or-later
// A series that came by mail leaves the tree that `git am` leaves, however mailers and lists dressed it.
#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/patch_apply.hpp"
#include "mail_dress.hpp"
#include "running.hpp"
#include "scratch.hpp"

#include <cstdlib>
#include <functional>
#include <map>
#include <random>

namespace assay::kernel {
namespace {

using testing_mail::base64;
using testing_mail::each_line;
using testing_mail::quoted_printable;
using testing_mail::separator;
using testing_mail::with_returns;

/// Header and body of one mail, as git wrote it.
struct Parts {
  std::string header;
  std::string body;
};
using Dress = std::function<std::string(const Parts&)>;

/// RFC 3676: blanks stuffed, long lines broken softly.
std::string flowed(std::string_view text, bool delete_space) {
  constexpr std::size_t longest = 30;
  return each_line(text, [&](std::string line) {
    if (line == "-- ") {
      return line + "\n";
    }
    std::string result;
    while (true) {
      auto end = line.size();
      if (line.size() > longest) {
        end = delete_space ? longest : std::min(line.size(), line.find(' ', longest) + 1);
        end = end == 0 ? line.size() : end;
      }
      auto piece = line.substr(0, end);
      line.erase(0, end);
      const bool stuffed = piece.starts_with(' ') || piece.starts_with('>') || piece.starts_with("From ");
      result += (stuffed ? " " : "") + piece;
      result += !line.empty() && delete_space ? " \n" : "\n";
      if (line.empty()) {
        return result;
      }
    }
  });
}

const std::map<std::string, Dress>& dresses() {
  static const std::string multipart =
      "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=-x\"\n\nFor old mailers.\n--=-x\n";
  static const std::map<std::string, Dress> all = {
      {"plain", [](const Parts& mail) { return mail.header + "\n" + mail.body; }},
      {"quoted-printable",
       [](const Parts& mail) {
         return mail.header +
                "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
                "quoted-printable\n\n" +
                quoted_printable(mail.body);
       }},
      {"base64",
       [](const Parts& mail) {
         return mail.header +
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" +
                base64(mail.body);
       }},
      {"8bit",
       [](const Parts& mail) {
         return mail.header +
                "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n" +
                mail.body;
       }},
      {"returns", [](const Parts& mail) { return with_returns(mail.header + "\n" + mail.body); }},
      {"flowed",
       [](const Parts& mail) {
         return mail.header + "Content-Type: text/plain; format=flowed\n\n" + flowed(mail.body, false);
       }},
      {"flowed, DelSp",
       [](const Parts& mail) {
         return mail.header + "Content-Type: text/plain; format=flowed; DelSp=yes\n\n" +
                flowed(mail.body, true);
       }},
      {"multipart",
       [](const Parts& mail) {
         return mail.header + multipart + "Content-Type: text/plain\n\n" + mail.body + "--=-x--\n";
       }},
      {"attachment",
       [](const Parts& mail) {
         return mail.header + multipart + "Content-Type: text/plain\n\nHello,\n\nit is attached.\n--=-x\n" +
                "Content-Type: application/octet-stream; name=x.patch\nContent-Disposition: attachment\n" +
                "Content-Transfer-Encoding: base64\n\n" + base64(mail.body) + "--=-x--\n";
       }},
      {"footer",
       [](const Parts& mail) {
         return mail.header + "\n" + mail.body +
                "_______________________________________________\npond mailing "
                "list\npond@lists.example.org\n";
       }},
      {"body's own header",
       [](const Parts& mail) { return mail.header + "\nFrom: Ada Fern <ada@example.com>\n\n" + mail.body; }},
      {"scissors", [](const Parts& mail) { return mail.header + "\nHello\n\n-- >8 --\n" + mail.body; }},
      {"escaped From",
       [](const Parts& mail) { return mail.header + "\n>From here on\n>>From there\n" + mail.body; }},
      {"prose like a separator",
       [](const Parts& mail) {
         return mail.header + "\nFrom Monday at 10:30 in 2024 on\nthis was slow.\n" + mail.body;
       }},
  };
  return all;
}

class GitAmTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}) {
      ::unsetenv(name);
    }
    shell(
        "git init -q -b main repo && cd repo && git config user.email a@example.com && "
        "git config user.name 'Ada Fern' && git config commit.gpgsign false && git config core.autocrlf "
        "false");
    make_files();
    commit("all there is");
    shell("cd repo && git tag start");
    make_changes();
    shell(
        "cd repo && git format-patch -q -M -C --find-copies-harder --binary -o ../out start..HEAD && "
        "git rev-parse HEAD^{tree} > ../wanted");
  }

  void shell(const std::string& script) const {
    const auto whole = "cd '" + scratch_.root().string() + "' && (" + script + ") > said 2>&1";
    EXPECT_EQ(std::system(whole.c_str()), 0) << script << "\n" << content("said");
  }
  [[nodiscard]] std::string content(const fs::path& name) const {
    auto text = read_file(scratch_.root() / name);
    return text ? *text : "";
  }
  void put(const std::string& name, std::string_view text) const { scratch_.write("repo/" + name, text); }
  void commit(const std::string& subject) const {
    shell("cd repo && git add -A && git commit -q -m '" + subject + "'");
  }

  void make_files() const {
    const std::string many = each_line("1\n2\n3\n4\n5\n6\n7\n8\n9\n", [](const std::string& line) {
      return "int number_" + line + " = one_of_those_long_names(" + line + ");\n";
    });
    for (const auto* name : {"mm/edit.c", "mm/move.c", "mm/move_and_edit.c", "mm/copy.c", "mm/gone.c"}) {
      put(name, fmt::format("/* {} */\n{}", name, many));
    }
    put("mm/latin.c", "char name[] = \"caf\xe9\";\n" + many);
    put("mm/run.sh", "#!/bin/sh\n");
    put("mm/my file.c", "int blank;\n" + many);
    put("mm/image.png", std::string("\x89PNG\0\x01\x02", 7));
  }

  /// A commit each.
  void make_changes() const {
    shell("cd repo && sed -i 's/number_5 =/number_five = the_sum_of_many_others +/' mm/edit.c");
    commit("an edit");
    shell("cd repo && git mv mm/move.c mm/moved.c");
    commit("a pure rename");
    shell(
        "cd repo && git mv mm/move_and_edit.c mm/new_name.c && sed -i 's/number_3/three/' mm/new_name.c && "
        "sed -i 's/number_9/nine/' mm/edit.c");
    commit("a rename beside an edit");
    shell("cd repo && cp mm/copy.c mm/copied.c");
    commit("a copy");
    shell("cd repo && chmod +x mm/run.sh");
    commit("another mode");
    shell("cd repo && git rm -q mm/gone.c");
    commit("a file less");
    shell("cd repo && : > mm/empty.c && echo 'int more;' > mm/more.c");
    commit("two more, one of them empty");
    shell("cd repo && sed -i 's/number_2/two/' mm/latin.c && sed -i 's/number_1/one/' 'mm/my file.c'");
    commit("other bytes and other names");
    put("mm/image.png", std::string("\x89PNG\0\x03\x04\x05", 8));
    commit("a binary file");
  }

  [[nodiscard]] std::vector<Parts> mails() const {
    std::map<std::string, Parts> sorted;
    for (const auto& entry : fs::directory_iterator(scratch_.root() / "out")) {
      const auto text = content(entry.path().lexically_relative(scratch_.root()));
      const auto begin = text.find('\n') + 1;
      const auto end = text.find("\n\n");
      sorted[entry.path().filename().string()] = {text.substr(begin, end + 1 - begin), text.substr(end + 2)};
    }
    std::vector<Parts> all;
    for (auto& [name, mail] : sorted) {
      all.push_back(std::move(mail));
    }
    return all;
  }

  /// The tree that git am makes of x.mbox; "" where it makes none.
  [[nodiscard]] std::string by_git() const {
    shell(
        "rm -rf am tree && git clone -q repo am && cd am && git checkout -q start && git config user.name a "
        "&& "
        "git config user.email a@b && { git am -q ../x.mbox && git rev-parse HEAD^{tree} > ../tree || : > "
        "../tree; }");
    return content("tree");
  }

  /// The same of ours.
  [[nodiscard]] std::string by_us() const {
    shell("rm -rf ours && mkdir ours && git -C repo archive start | tar -x -C ours");
    const auto series = series::read_series(scratch_.root() / "x.mbox");
    EXPECT_TRUE(series) << series.error().text();
    if (!series) {
      return "nothing";
    }
    for (const auto& patch : series->patches) {
      asio::io_context io;
      const auto applied = run_on(io, apply_patch(scratch_.root() / "ours", patch));
      if (!applied) {
        return "";
      }
    }
    shell(
        "export GIT_DIR=$PWD/repo/.git GIT_WORK_TREE=$PWD/ours GIT_INDEX_FILE=$PWD/index && rm -f index && "
        "cd ours && git add -A && git write-tree > ../tree");
    return content("tree");
  }

  void expect_same(const std::string& mbox, const std::string& what) const {
    scratch_.write("x.mbox", mbox);
    EXPECT_EQ(by_us(), by_git()) << what;
  }

  Scratch scratch_;
};

TEST_F(GitAmTest, EachDressGivesItsTree) {
  const auto all = mails();
  ASSERT_EQ(all.size(), 9U);
  for (const auto& [name, dress] : dresses()) {
    std::string mbox;
    for (const auto& mail : all) {
      mbox += separator + dress(mail) + "\n";
    }
    expect_same(mbox, name);
    EXPECT_EQ(by_us(), content("wanted")) << name;
  }
}

TEST_F(GitAmTest, SoDoesAnyMixture) {
  std::mt19937 random(16);
  const auto all = mails();
  for (int round = 0; round < 6; ++round) {
    std::string mbox;
    for (const auto& mail : all) {
      auto dress = dresses().begin();
      std::advance(dress, static_cast<long>(random() % dresses().size()));
      mbox += separator + dress->second(mail) + "\n";
    }
    expect_same(mbox, fmt::format("round {}", round));
  }
}

TEST_F(GitAmTest, ReturnsStayWhereGitKeepsThem) {
  const auto with_each = [](std::string_view text) {
    return each_line(text,
                     [](const std::string& line) { return line + (line.ends_with('\r') ? "\n" : "\r\n"); });
  };
  const std::string plain = "int one;\nint two;\nint three;\nint four;\nint five;\n";
  const std::string some = "int one;\nint two;\r\nint three;\nint four;\r\nint five;\n";
  for (const auto& before : {plain, some, with_each(plain)}) {
    put("mm/returns.c", before);
    commit("before");
    shell("cd repo && git tag -f start && sed -i s/three/four/ mm/returns.c");
    commit("after");
    shell("rm -rf out && cd repo && git format-patch -q -o ../out start..HEAD");
    const auto mail = mails().front();
    for (const auto* dress : {"plain", "returns", "base64", "quoted-printable", "attachment"}) {
      for (const auto& body : {mail.body, with_each(mail.body)}) {
        expect_same(dresses().at(dress)({mail.header, body}), dress + (" " + body));
      }
    }
    shell("cd repo && git reset -q --hard start");
  }
}

TEST_F(GitAmTest, WhatGitRefusesIsRefused) {
  const auto mail = mails().front();
  auto moved = mail;
  moved.body.replace(moved.body.find("number_4"), 8, "number_X");
  scratch_.write("x.mbox", separator + dresses().at("plain")(moved));
  EXPECT_EQ(by_git(), "");
  const auto series = series::read_series(scratch_.root() / "x.mbox", {});
  ASSERT_FALSE(series) << "1 of 9 is no series";
  scratch_.write("x.patch", dresses().at("plain")(moved));
  const auto alone = series::read_series(scratch_.root() / "x.patch");
  ASSERT_TRUE(alone);
  shell("rm -rf ours && mkdir ours && git -C repo archive start | tar -x -C ours");
  asio::io_context io;
  const auto applied = run_on(io, apply_patch(scratch_.root() / "ours", alone->patches[0]));
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().text().find("mm/edit.c: hunk at line"), std::string::npos)
      << applied.error().text();
}

}  // namespace
}  // namespace assay::kernel
