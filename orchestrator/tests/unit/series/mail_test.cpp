// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/mail.hpp"

#include "series/mail_decoding.hpp"
#include "series/subject.hpp"

#include <gtest/gtest.h>

namespace assay::series {
namespace {

using Texts = std::vector<std::string_view>;

TEST(MailDecodingTest, QuotedPrintable) {
  EXPECT_EQ(decode_quoted_printable("a=3Db=\nc=20=\r\nd"), "a=bc d");
  EXPECT_EQ(decode_quoted_printable("=C3=A4=c3=bc"), "\xc3\xa4\xc3\xbc");
  EXPECT_EQ(decode_quoted_printable("a == b =X= \t\nend="), "a == b =Xend");
  EXPECT_EQ(decode_quoted_printable(""), "");
}

TEST(MailDecodingTest, Base64) {
  EXPECT_EQ(decode_base64("aGVsbG8sIHdv\r\ncmxk\n"), "hello, world");
  EXPECT_EQ(decode_base64("aGk=\n-- \nfooter"), "hi");
  EXPECT_EQ(decode_base64("!!!!"), "");
}

TEST(MailDecodingTest, Headers) {
  EXPECT_EQ(decode_header("=?UTF-8?q?[PATCH_2/5]_mm:_caf=C3=A9?="), "[PATCH 2/5] mm: caf\xc3\xa9");
  EXPECT_EQ(decode_header("=?utf-8?B?W1BBVENI?= =?utf-8?b?IDIvNV0=?= mm"), "[PATCH 2/5] mm");
  EXPECT_EQ(decode_header("=?iso-8859-1?q?caf=E9?="), "caf\xc3\xa9");
  EXPECT_EQ(decode_header("=?nonsense?q?a=41?= =?utf-8?z?b?= =?utf-8?q?cut"),
            "aA =?utf-8?z?b?= =?utf-8?q?cut");
}

TEST(MailTest, AnMboxIsSplitAtItsFromLines) {
  EXPECT_EQ(split_mbox("From a Mon Sep 17 00:00:00 2001\nA: 1\n\nbody\nFrom here on: 12 places\n\n"
                       "From mboxrd@z Thu Jan  1 00:00:00 1970\r\nB: 2\n"),
            (Texts{"A: 1\n\nbody\nFrom here on: 12 places\n\n", "B: 2\n"}));
  EXPECT_EQ(split_mbox("Subject: raw\n\nbody\n"), (Texts{"Subject: raw\n\nbody\n"}));
  EXPECT_EQ(split_mbox(""), (Texts{""}));
}

TEST(MailTest, FoldedAndMangledHeaders) {
  const auto mail = read_mail(
      "Received: x\r\nthis is no field\r\nSUBJECT: [PATCH v3\r\n\t2/5] mm:\r\n a title\r\n"
      "Message-Id: <1@x>\r\n\r\nbody\r\nmore\r\n");
  EXPECT_EQ(mail.subject, "[PATCH v3 2/5] mm: a title");
  EXPECT_EQ(mail.message_id, "<1@x>");
  EXPECT_EQ(mail.body, "body\nmore\n");
}

TEST(MailTest, ATextWithoutHeaderIsAllBody) {
  for (const auto* text : {"--- a/x\n+++ b/x\n", "Index: mm/memory.c\n===\n", "prose: no\n", ""}) {
    EXPECT_EQ(read_mail(text).body, std::string_view(text).starts_with("prose") ? "" : text);
  }
}

TEST(MailTest, BodiesAreDecoded) {
  EXPECT_EQ(read_mail("Content-Transfer-Encoding: Quoted-Printable\n\na=3Db=\n c\n").body, "a=b c\n");
  EXPECT_EQ(read_mail("content-transfer-encoding: base64\n\nLS0tIGEveA0KKysrIGIveA0K\n").body,
            "--- a/x\r\n+++ b/x\r\n");
  EXPECT_EQ(read_mail("Content-Type: text/plain; charset=\"iso-8859-1\"\n\ncaf\xe9\n").body, "caf\xe9\n")
      << "the bytes of a patch are those of its file, as git am takes them";
  EXPECT_EQ(read_mail("Subject: x\n\n>From here\n>>From there\n> From me\n").body,
            "From here\n>From there\n> From me\n");
}

TEST(MailTest, TheTextPartsOfAMultipartCount) {
  const auto mail = read_mail(
      "Content-Type: multipart/mixed; boundary=\"xx\"\n\npreamble\n--xx\nContent-Type: "
      "multipart/alternative; "
      "boundary=yy\n\n--yy\nContent-Type: text/plain\n\nhello\n--yy\nContent-Type: "
      "text/html\n\n<p>hello\n--yy--\n"
      "--xx\nContent-Type: text/x-patch\nContent-Transfer-Encoding: base64\n\nLS0tIGEveAo=\n--xx\n"
      "Content-Type: application/pgp-signature\n\nsigned\n--xx--\nepilogue\n");
  EXPECT_EQ(mail.body, "hello\n--- a/x\n");
  EXPECT_TRUE(mail.was_encoded);
}

TEST(MailTest, ABoundaryThatNeverComesEndsWithTheMessage) {
  EXPECT_EQ(read_mail("Content-Type: multipart/mixed; boundary=xx\n\n--xx\n\nhello").body, "hello\n");
  EXPECT_EQ(read_mail("Content-Type: multipart/mixed; boundary=xx\n\nno part\n").body, "");
}

TEST(MailTest, ProseIsNoSeparator) {
  const std::string first = "From a@x Thu Jan  1 00:00:00 1970\nSubject: a\n\n";
  for (const auto* prose : {"From Monday at 10:30 in 2024 on\nthis was slow.\n",
                            "From 10:30:00 to 2024\nSubject: no year behind it\n", "From now on: 12 places\n",
                            "From 00:00:00 2024 on\nit was slow: no field is next\n",
                            "From Thu 10:30:00 2024 on\n\nSubject: x\n", "From : 2024\nA: 1\n"}) {
    EXPECT_EQ(split_mbox(first + prose).size(), 1U) << prose;
  }
  EXPECT_EQ(split_mbox(first + "text\nFrom b@x Thu Jan  1 00:00:00 1970\nSubject: b\n\n").size(), 2U)
      << "git wants no empty line in front";
}

TEST(MailTest, FlowedTextIsJoined) {
  const std::string type = "Content-Type: text/plain; charset=utf-8; Format=Flowed";
  EXPECT_EQ(read_mail(type + "\n\n  context\n+soft \nbreak\n-- \nMe \n").body,
            " context\n+soft break\n-- \nMe ");
  EXPECT_EQ(read_mail(type + "; DelSp=yes\n\n+soft \nbreak\n").body, "+softbreak\n");
  EXPECT_EQ(read_mail(type + "\nContent-Transfer-Encoding: quoted-printable\n\n+soft=20\nbreak\n").body,
            "+soft break\n");
}

TEST(MailTest, ReturnsOfTheFileStay) {
  EXPECT_EQ(read_mail("Content-Transfer-Encoding: quoted-printable\n\n+x=0D\n y\n").body, "+x\r\n y\n");
  EXPECT_EQ(read_mail("Content-Transfer-Encoding: quoted-printable\n\n+x=0D\n y=0D\n").body, "+x\r\n y\r\n");
  EXPECT_EQ(read_mail("Content-Transfer-Encoding: quoted-printable\r\n\r\n+x\r\n y=0D\r\n").body,
            "+x\n y\r\n");
  EXPECT_EQ(read_mail("Content-Transfer-Encoding: base64\n\nK3gNCiB5DQo=\n").body, "+x\r\n y\r\n");
  EXPECT_EQ(read_mail("--- a/x\n+x\r\n").body, "--- a/x\n+x\r\n");
}

TEST(MailTest, AnAttachmentOfAnyTypeMayBeThePatch) {
  const auto with = [](const std::string& type) {
    return read_mail("Content-Type: multipart/mixed; boundary=xx\n\n--xx\nContent-Type: " + type +
                     "\n\ndiff --git a/x b/x\n--xx--\n")
        .body;
  };
  EXPECT_EQ(with("application/octet-stream; name=x.patch"), "diff --git a/x b/x\n");
  EXPECT_EQ(with("text/html"), "");
}

/// Ten times of what took a minute.
TEST(MailTest, ReadingIsLinear) {
  constexpr std::size_t much = std::size_t{1} << 20U;
  std::string words;
  while (words.size() < much) {
    words += "=?iso-8859-1?q?caf=E9?= =?x-unknown?b?AAAA?= ";
  }
  std::string brackets;
  while (brackets.size() < much) {
    brackets += "[PATCH]";
  }
  for (const auto& subject :
       {"[PATCH] x" + std::string(much, ' ') + "z", "=?utf-8?q?" + std::string(much, '=') + "?=", words,
        brackets, std::string(much, '?') + "=?", "=?a?q?" + std::string(much, '?'), std::string(much, 'R')}) {
    const auto mail = read_mail("Subject: " + subject + "\n\nbody\n");
    EXPECT_EQ(mail.body, "body\n");
    EXPECT_NO_THROW((void)parse_subject(mail.subject));
  }
  std::string separators;
  while (separators.size() < much) {
    separators += "From a@x Thu Jan  1 00:00:00 1970\n";
  }
  EXPECT_FALSE(split_mbox(separators).empty());
}

}  // namespace
}  // namespace assay::series
