// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/initramfs.hpp"

#include "scratch.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <map>
#include <memory>

namespace assay::image {
namespace {

struct Member {
  mode_t mode = 0;
  dev_t device = 0;
  time_t time = -1;
  std::string content;
};

std::map<std::string, Member> members_of(const std::string& packed) {
  std::map<std::string, Member> members;
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(), &archive_read_free);
  archive_read_support_format_cpio(reader.get());
  EXPECT_EQ(archive_read_open_memory(reader.get(), packed.data(), packed.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    auto& member = members[archive_entry_pathname(entry)];
    member.mode = archive_entry_mode(entry);
    member.device = archive_entry_rdev(entry);
    member.time = archive_entry_mtime(entry);
    member.content.resize(static_cast<std::size_t>(archive_entry_size(entry)));
    archive_read_data(reader.get(), member.content.data(), member.content.size());
  }
  return members;
}

std::vector<std::string> names_of(const std::map<std::string, Member>& members) {
  std::vector<std::string> names;
  for (const auto& [name, member] : members) {
    names.push_back(name);
  }
  return names;
}

TEST(InitramfsTest, HoldsTheAgentAndNothingElse) {
  const Scratch scratch;
  const auto agent = scratch.write("agent",
                                   "\x7f"
                                   "ELF program");
  const auto target = scratch.root() / "initramfs.cpio";
  ASSERT_TRUE(pack_initramfs(agent, {}, target));
  const auto packed = read_file(target);
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->substr(0, 6), "070701") << "the kernel reads newc";
  const auto members = members_of(*packed);
  EXPECT_EQ(names_of(members),
            (std::vector<std::string>{"dev", "dev/console", "etc", "etc/group", "etc/passwd", "init", "proc",
                                      "root", "sbin", "sbin/modprobe", "sys", "tmp"}));
  EXPECT_EQ(members.at("init").content,
            "\x7f"
            "ELF program");
  EXPECT_EQ(members.at("init").mode, static_cast<mode_t>(S_IFREG | 0755));
  EXPECT_EQ(members.at("dev/console").mode, static_cast<mode_t>(S_IFCHR | 0600));
  EXPECT_EQ(members.at("dev/console").device, ::makedev(5, 1));
  EXPECT_EQ(members.at("tmp").mode, static_cast<mode_t>(S_IFDIR | 01777));
  EXPECT_NE(members.at("etc/passwd").content.find("nobody:x:65534:65534:"), std::string::npos);
  EXPECT_EQ(members.at("sbin/modprobe").mode, static_cast<mode_t>(S_IFLNK | 0777));
  for (const char* folder : {"dev", "proc", "sys", "etc"}) {
    EXPECT_EQ(members.at(folder).mode, static_cast<mode_t>(S_IFDIR | 0755)) << folder;
  }
  for (const auto& [name, member] : members) {
    EXPECT_EQ(member.time, 0) << name;
  }
}

TEST(InitramfsTest, TheSameAgentGivesTheSameBytes) {
  const Scratch scratch;
  ASSERT_TRUE(pack_initramfs(scratch.write("one", "program"), {}, scratch.root() / "1.cpio"));
  ASSERT_TRUE(pack_initramfs(scratch.write("two", "program"), {}, scratch.root() / "2.cpio"));
  ASSERT_TRUE(pack_initramfs(scratch.write("three", "another"), {}, scratch.root() / "3.cpio"));
  const auto first = read_file(scratch.root() / "1.cpio");
  EXPECT_EQ(*first, *read_file(scratch.root() / "2.cpio"));
  EXPECT_NE(*first, *read_file(scratch.root() / "3.cpio"));
}

TEST(InitramfsTest, FilesLieInFoldersThatAreMadeOnce) {
  const Scratch scratch;
  const std::vector<GuestFile> files = {{"lib/modules/6.12.0/modules.dep", "first"},
                                        {"lib/modules/6.12.0/kernel/x.ko", "second"},
                                        {"etc/more", "third"}};
  ASSERT_TRUE(pack_initramfs(scratch.write("agent", "program"), files, scratch.root() / "x.cpio"));
  const auto members = members_of(*read_file(scratch.root() / "x.cpio"));
  EXPECT_EQ(members.at("lib/modules/6.12.0/modules.dep").content, "first");
  EXPECT_EQ(members.at("lib/modules/6.12.0/kernel/x.ko").content, "second");
  EXPECT_EQ(members.at("etc/more").content, "third");
  EXPECT_EQ(members.at("lib/modules/6.12.0/kernel").mode, static_cast<mode_t>(S_IFDIR | 0755));
}

TEST(InitramfsTest, AMissingAgentIsAnError) {
  const Scratch scratch;
  const auto packed = pack_initramfs(scratch.root() / "absent", {}, scratch.root() / "x.cpio");
  ASSERT_FALSE(packed);
  EXPECT_EQ(packed.error().kind(), Failure::infrastructure);
}

}  // namespace
}  // namespace assay::image
