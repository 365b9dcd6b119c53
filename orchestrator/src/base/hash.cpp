// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.hpp"

#include "base/handle.hpp"

#include <fcntl.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <vector>

namespace assay {
namespace {

/// Feeds the file to `sink` in blocks. Error: infrastructure.
template <class Sink>
Status each_block(const std::filesystem::path& path, Sink sink) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<char> block(1U << 18U);
  ssize_t got = fd ? 0 : -1;
  while (fd && (got = ::read(fd.get(), block.data(), block.size())) > 0) {
    sink(std::string_view(block.data(), static_cast<std::size_t>(got)));
  }
  if (got < 0) {
    return fail(Failure::infrastructure, "cannot read {}: {}", path.string(), errno_text(errno));
  }
  return {};
}

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context new_context() {
  Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  return context;
}

std::string finish_hex(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context, digest.data(), &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += fmt::format("{:02x}", digest.at(i));
  }
  return hex;
}

}  // namespace

void Hasher::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Hasher::Hasher() : context_(new_context().release()) {}

void Hasher::add_bytes(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

void Hasher::add(std::string_view name, std::string_view content) {
  add_bytes(fmt::format("{}:{}:{}:", name.size(), name, content.size()));
  add_bytes(content);
}

Status Hasher::add_file(std::string_view name, const std::filesystem::path& path) {
  auto digest = sha256_of_file(path);
  if (!digest) {
    return digest.error();
  }
  add(name, *digest);
  return {};
}

std::string Hasher::finish() { return finish_hex(context_.get()); }

std::string sha256(std::string_view bytes) {
  const Context context = new_context();
  EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
  return finish_hex(context.get());
}

Result<std::string> sha256_of_file(const std::filesystem::path& path) {
  const Context context = new_context();
  const auto fed = each_block(
      path, [&](std::string_view block) { EVP_DigestUpdate(context.get(), block.data(), block.size()); });
  if (!fed) {
    return fed.error();
  }
  return finish_hex(context.get());
}

}  // namespace assay
