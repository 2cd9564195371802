/*
** $Id: ltable.c,v 2.72.1.1 2013/04/12 18:48:47 roberto Exp $
** Lua tables (hash)
** See Copyright Notice in lua.h
*/


/*
** Implementation of tables (aka arrays, objects, or hash tables).
**
** Switchyard: this file differs from stock Lua 5.2.4, because tables here
** are traversed in insertion order, with the integer keys 1..1024 before
** all others and in numeric order.
**
** A table has an array part and a hash part. The array part holds integer
** keys up to MAXASIZE only; its size is the largest power of two such that
** more than half of its slots are in use.
** The hash part is a vector of nodes that is filled from its start, so that
** the position of a node is its place in the order, plus a vector of chain
** heads ("buckets") behind it in the same block. A node whose value became
** nil keeps its place until the next rehash, which happens when the vector
** is full, drops such nodes and keeps the order of the others.
** Integer keys 1..MAXASIZE that live in the hash part are entered in a bit
** map ('smallkeys'), which exists in tables with such keys only; a traversal
** visits them through the map and passes over them in the node vector.
*/

#include <string.h>

#define ltable_c
#define LUA_CORE

#include "lua.h"

#include "ldebug.h"
#include "ldo.h"
#include "lgc.h"
#include "lmem.h"
#include "lobject.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "lvm.h"


/*
** max size of array part, and the last integer key that is traversed in
** numeric order, is 2^MAXBITS
*/
#define MAXBITS		10

#define MAXASIZE	(1 << MAXBITS)

/* max size of hash part: 2^MAXHBITS nodes must fit in the address space */
#define MAXHBITS	25

/* words in the bit map of small keys */
#define SMALLWORDS	(MAXASIZE / 32)


#define gbuckets(t)	(cast(Node **, (t)->node + sizenode(t)))
#define nodevecsize(n)	(cast(size_t, (n)) * (sizeof(Node) + sizeof(Node *)))

#define hashpow2(t,n)		(&gbuckets(t)[lmod((n), sizenode(t))])

#define hashstr(t,str)		hashpow2(t, (str)->tsv.hash)
#define hashboolean(t,p)	hashpow2(t, p)


/*
** for some types, it is better to avoid modulus by power of 2, as
** they tend to have many 2 factors.
*/
#define hashmod(t,n)	(&gbuckets(t)[(n) % ((sizenode(t)-1)|1)])


#define hashpointer(t,p)	hashmod(t, IntPoint(p))


#define dummynode		(&dummynode_.node)

#define isdummy(n)		((n) == dummynode)

/* an empty hash part: no node is in use, and the only chain is empty */
static const struct { Node node; Node *bucket; } dummynode_ = {
  {
    {NILCONSTANT},  /* value */
    {{NILCONSTANT, NULL}}  /* key */
  },
  NULL
};


/*
** hash for lua_Numbers
*/
static Node **hashnum (const Table *t, lua_Number n) {
  int i;
  luai_hashnum(i, n);
  if (i < 0) {
    if (cast(unsigned int, i) == 0u - i)  /* use unsigned to avoid overflows */
      i = 0;  /* handle INT_MIN */
    i = -i;  /* must be a positive value */
  }
  return hashmod(t, i);
}



/*
** returns the head of the chain that an element of a table belongs to
*/
static Node **mainposition (const Table *t, const TValue *key) {
  switch (ttype(key)) {
    case LUA_TNUMBER:
      return hashnum(t, nvalue(key));
    case LUA_TLNGSTR: {
      TString *s = rawtsvalue(key);
      if (s->tsv.extra == 0) {  /* no hash? */
        s->tsv.hash = luaS_hash(getstr(s), s->tsv.len, s->tsv.hash);
        s->tsv.extra = 1;  /* now it has its hash */
      }
      return hashstr(t, rawtsvalue(key));
    }
    case LUA_TSHRSTR:
      return hashstr(t, rawtsvalue(key));
    case LUA_TBOOLEAN:
      return hashboolean(t, bvalue(key));
    case LUA_TLIGHTUSERDATA:
      return hashpointer(t, pvalue(key));
    case LUA_TLCF:
      return hashpointer(t, fvalue(key));
    default:
      return hashpointer(t, gcvalue(key));
  }
}


/*
** returns the index for `key' if `key' is an appropriate key to live in
** the array part of the table, -1 otherwise.
*/
static int arrayindex (const TValue *key) {
  if (ttisnumber(key)) {
    lua_Number n = nvalue(key);
    int k;
    lua_number2int(k, n);
    if (luai_numeq(cast_num(k), n))
      return k;
  }
  return -1;  /* `key' did not match some condition */
}


/*
** returns the node with this key, or NULL. With `dead', also finds a node
** whose key was collected since.
*/
static Node *findnode (const Table *t, const TValue *key, int dead) {
  Node *n;
  for (n = *mainposition(t, key); n != NULL; n = gnext(n)) {
    if (luaV_rawequalobj(gkey(n), key) ||
          (dead && ttisdeadkey(gkey(n)) && iscollectable(key) &&
           deadvalue(gkey(n)) == gcvalue(key)))
      return n;
  }
  return NULL;
}


/*
** returns the integer value of a key that is traversed in numeric order,
** 0 for other keys
*/
static int smallkey (const TValue *key) {
  int k = arrayindex(key);
  return (0 < k && k <= MAXASIZE) ? k : 0;
}


/*
** Traversal of the small keys in the hash part, from key `k' on. Returns 1
** and fills `key' and its value when there is one.
*/
static int nextsmall (lua_State *L, Table *t, int k, StkId key) {
  int w = (k - 1) >> 5;
  unsigned int bits;
  if (k > MAXASIZE) return 0;
  bits = t->smallkeys[w] & (~0u << ((k - 1) & 31));
  for (;;) {
    while (bits != 0) {
      const TValue *v;
      k = (w << 5) + __builtin_ctz(bits) + 1;
      bits &= bits - 1;
      v = luaH_getint(t, k);
      if (!ttisnil(v)) {
        setnvalue(key, cast_num(k));
        setobj2s(L, key+1, v);
        return 1;
      }
    }
    if (++w == SMALLWORDS) return 0;
    bits = t->smallkeys[w];
  }
}


int luaH_next (lua_State *L, Table *t, StkId key) {
  Node *n = gnode(t, 0);
  int i = 0;  /* last small key that is done */
  if (!ttisnil(key)) {
    i = smallkey(key);
    if (i == 0 || (i > t->sizearray && t->smallkeys == NULL)) {
      n = findnode(t, key, 1);
      if (n == NULL)
        luaG_runerror(L, "invalid key to " LUA_QL("next"));  /* key not found */
      i = MAXASIZE;
      n++;
    }
  }
  for (; i < t->sizearray; i++) {  /* first the array part */
    if (!ttisnil(&t->array[i])) {  /* a non-nil value? */
      setnvalue(key, cast_num(i+1));
      setobj2s(L, key+1, &t->array[i]);
      return 1;
    }
  }
  if (t->smallkeys && nextsmall(L, t, i + 1, key))
    return 1;
  for (; n < t->lastfree; n++) {  /* then the hash part */
    if (!ttisnil(gval(n)) && !(t->smallkeys && smallkey(gkey(n)))) {
      setobj2s(L, key, gkey(n));
      setobj2s(L, key+1, gval(n));
      return 1;
    }
  }
  return 0;  /* no more elements */
}


/*
** {=============================================================
** Rehash
** ==============================================================
*/


static int computesizes (int nums[], int *narray) {
  int i;
  int twotoi;  /* 2^i */
  int a = 0;  /* number of elements smaller than 2^i */
  int na = 0;  /* number of elements to go to array part */
  int n = 0;  /* optimal size for array part */
  for (i = 0, twotoi = 1; twotoi/2 < *narray; i++, twotoi *= 2) {
    if (nums[i] > 0) {
      a += nums[i];
      if (a > twotoi/2) {  /* more than half elements present? */
        n = twotoi;  /* optimal size (till now) */
        na = a;  /* all elements smaller than n will go to array part */
      }
    }
    if (a == *narray) break;  /* all elements already counted */
  }
  *narray = n;
  lua_assert(*narray/2 <= na && na <= *narray);
  return na;
}


static int countint (const TValue *key, int *nums) {
  int k = arrayindex(key);
  if (0 < k && k <= MAXASIZE) {  /* is `key' an appropriate array index? */
    nums[luaO_ceillog2(k)]++;  /* count as such */
    return 1;
  }
  else
    return 0;
}


static int numusearray (const Table *t, int *nums) {
  int lg;
  int ttlg;  /* 2^lg */
  int ause = 0;  /* summation of `nums' */
  int i = 1;  /* count to traverse all array keys */
  for (lg=0, ttlg=1; lg<=MAXBITS; lg++, ttlg*=2) {  /* for each slice */
    int lc = 0;  /* counter */
    int lim = ttlg;
    if (lim > t->sizearray) {
      lim = t->sizearray;  /* adjust upper limit */
      if (i > lim)
        break;  /* no more elements to count */
    }
    /* count elements in range (2^(lg-1), 2^lg] */
    for (; i <= lim; i++) {
      if (!ttisnil(&t->array[i-1]))
        lc++;
    }
    nums[lg] += lc;
    ause += lc;
  }
  return ause;
}


static int numusehash (const Table *t, int *nums, int *pnasize) {
  int totaluse = 0;  /* total number of elements */
  int ause = 0;  /* summation of `nums' */
  Node *n;
  for (n = t->node; n < t->lastfree; n++) {
    if (!ttisnil(gval(n))) {
      ause += countint(gkey(n), nums);
      totaluse++;
    }
  }
  *pnasize += ause;
  return totaluse;
}


/*
** makes an empty hash part with (at least) the given number of nodes
*/
static Node *newnodevector (lua_State *L, int size, int *plsize) {
  Node *node;
  int lsize;
  if (size == 0) {  /* no elements to hash part? */
    *plsize = 0;
    return cast(Node *, dummynode);  /* use common `dummynode' */
  }
  lsize = luaO_ceillog2(size);
  if (lsize > MAXHBITS)
    luaG_runerror(L, "table overflow");
  size = twoto(lsize);
  node = cast(Node *, luaM_malloc(L, nodevecsize(size)));
  memset(node + size, 0, cast(size_t, size) * sizeof(Node *));
  *plsize = lsize;
  return node;
}


static void freenodevector (lua_State *L, Node *node, int lsize) {
  if (!isdummy(node))
    luaM_freemem(L, node, nodevecsize(twoto(lsize)));
}


/*
** makes sure that the table has a bit map of small keys
*/
static void needsmallkeys (lua_State *L, Table *t) {
  if (t->smallkeys == NULL) {
    unsigned int *map = luaM_newvector(L, SMALLWORDS, unsigned int);
    memset(map, 0, SMALLWORDS * sizeof(unsigned int));
    t->smallkeys = map;
  }
}


static void freesmallkeys (lua_State *L, Table *t) {
  if (t->smallkeys != NULL) {
    luaM_freearray(L, t->smallkeys, SMALLWORDS);
    t->smallkeys = NULL;
  }
}


/*
** Appends a node for a key that is in neither part. There must be a free
** node, and a bit map if the key is small.
*/
static TValue *appendnode (lua_State *L, Table *t, const TValue *key) {
  int k = smallkey(key);
  Node **bucket = mainposition(t, key);
  Node *n = t->lastfree++;
  lua_assert(n < gnode(t, sizenode(t)));
  if (k) {
    k--;
    t->smallkeys[k >> 5] |= 1u << (k & 31);
  }
  setobj2t(L, gkey(n), key);
  setnilvalue(gval(n));
  gnext(n) = *bucket;
  *bucket = n;
  UNUSED(L);
  return gval(n);
}


/*
** Gives the parts new sizes. All allocations come first, so that the table
** is unchanged when one of them fails.
*/
void luaH_resize (lua_State *L, Table *t, int nasize, int nhsize) {
  int oldasize = t->sizearray;
  int lsize, oldlsize, i, hassmall = 0;
  TValue *vanishing = NULL;
  Node *n, *nold, *nend, *node;
  if (nasize > MAXASIZE) {  /* what does not fit goes to the hash part */
    nhsize += nasize - MAXASIZE;
    nasize = MAXASIZE;
  }
  if (nasize < oldasize)  /* its keys may have to move to the hash part */
    needsmallkeys(L, t);
  node = newnodevector(L, nhsize, &lsize);
  if (nasize > oldasize) {  /* array part must grow? */
    TValue *array = cast(TValue *, luaM_tryrealloc(L, t->array,
        oldasize * sizeof(TValue), nasize * sizeof(TValue)));
    if (array == NULL) {
      freenodevector(L, node, lsize);
      luaD_throw(L, LUA_ERRMEM);
    }
    t->array = array;
    for (i = oldasize; i < nasize; i++)
      setnilvalue(&t->array[i]);
  }
  else
    vanishing = t->array;
  t->sizearray = nasize;
  nold = t->node;
  nend = t->lastfree;
  oldlsize = t->lsizenode;
  t->node = node;
  t->lsizenode = cast_byte(lsize);
  t->lastfree = node;
  if (t->smallkeys)
    memset(t->smallkeys, 0, SMALLWORDS * sizeof(unsigned int));
  for (i = nasize; i < oldasize; i++) {  /* vanishing slice of the array */
    if (!ttisnil(&vanishing[i])) {
      TValue k;
      setnvalue(&k, cast_num(i + 1));
      setobjt2t(L, appendnode(L, t, &k), &vanishing[i]);
      hassmall = 1;
    }
  }
  if (nasize < oldasize)
    luaM_reallocvector(L, t->array, oldasize, nasize, TValue);
  for (n = nold; n < nend; n++) {  /* hash part, in its order */
    if (!ttisnil(gval(n))) {
      int k = smallkey(gkey(n));
      if (0 < k && k <= nasize) {
        setobjt2t(L, &t->array[k - 1], gval(n));
      }
      else {
        setobjt2t(L, appendnode(L, t, gkey(n)), gval(n));
        hassmall |= k;
      }
    }
  }
  freenodevector(L, nold, oldlsize);
  if (!hassmall)
    freesmallkeys(L, t);
}


/*
** Prepares for a list of `nasize' elements. Has nothing to do when the array
** part has its full size already; the hash part grows as it must.
*/
void luaH_resizearray (lua_State *L, Table *t, int nasize) {
  int nsize = isdummy(t->node) ? 0 : sizenode(t);
  if (nasize <= MAXASIZE)
    luaH_resize(L, t, nasize, nsize);
  else if (t->sizearray < MAXASIZE)
    luaH_resize(L, t, MAXASIZE, nsize);
}


static void rehash (lua_State *L, Table *t, const TValue *ek) {
  int nasize, na;
  int nums[MAXBITS+1];  /* nums[i] = number of keys with 2^(i-1) < k <= 2^i */
  int i;
  int totaluse, oldhsize;
  for (i=0; i<=MAXBITS; i++) nums[i] = 0;  /* reset counts */
  nasize = numusearray(t, nums);  /* count keys in array part */
  totaluse = nasize;  /* all those keys are integer keys */
  totaluse += numusehash(t, nums, &nasize);  /* count keys in hash part */
  /* count extra key */
  nasize += countint(ek, nums);
  totaluse++;
  /* compute new size for array part */
  na = computesizes(nums, &nasize);
  /* resize the table to new computed sizes */
  totaluse -= na;
  oldhsize = isdummy(t->node) ? 0 : sizenode(t);
  if (totaluse <= oldhsize && totaluse > oldhsize - oldhsize/4)
    totaluse = oldhsize + 1;  /* else the next deletions bring us here soon */
  luaH_resize(L, t, nasize, totaluse);
}



/*
** }=============================================================
*/


Table *luaH_new (lua_State *L) {
  Table *t = &luaC_newobj(L, LUA_TTABLE, sizeof(Table), NULL, 0)->h;
  t->metatable = NULL;
  t->flags = cast_byte(~0);
  t->array = NULL;
  t->sizearray = 0;
  t->smallkeys = NULL;
  t->node = cast(Node *, dummynode);
  t->lsizenode = 0;
  t->lastfree = t->node;
  return t;
}


void luaH_free (lua_State *L, Table *t) {
  freenodevector(L, t->node, t->lsizenode);
  freesmallkeys(L, t);
  luaM_freearray(L, t->array, t->sizearray);
  luaM_free(L, t);
}


/*
** Inserts a new key into the hash part, behind all others. The key must not
** be there, not even with a nil value.
*/
TValue *luaH_newkey (lua_State *L, Table *t, const TValue *key) {
  TValue *cell;
  if (ttisnil(key)) luaG_runerror(L, "table index is nil");
  else if (ttisnumber(key) && luai_numisnan(L, nvalue(key)))
    luaG_runerror(L, "table index is NaN");
  if (isdummy(t->node) || t->lastfree == gnode(t, sizenode(t))) {
    rehash(L, t, key);  /* grow table */
    /* the key may belong to the array part now */
    if (0 < smallkey(key) && smallkey(key) <= t->sizearray)
      return &t->array[smallkey(key) - 1];
  }
  if (smallkey(key))
    needsmallkeys(L, t);
  cell = appendnode(L, t, key);
  luaC_barrierback(L, obj2gco(t), key);
  return cell;
}


/*
** As luaH_newkey and luaH_set, for a value that is known: storing nil under an
** absent key gives the key no place. The caller then writes the nil to a sink.
*/
TValue *luaH_newkeyfor (lua_State *L, Table *t, const TValue *key,
                        const TValue *val) {
  static TValue sink;
  if (ttisnil(val) && !ttisnil(key) &&
      !(ttisnumber(key) && luai_numisnan(L, nvalue(key))))
    return &sink;
  return luaH_newkey(L, t, key);
}


TValue *luaH_setfor (lua_State *L, Table *t, const TValue *key,
                     const TValue *val) {
  const TValue *p = luaH_get(t, key);
  if (p != luaO_nilobject)
    return cast(TValue *, p);
  else return luaH_newkeyfor(L, t, key, val);
}


/*
** search function for integers
*/
const TValue *luaH_getint (Table *t, int key) {
  /* (1 <= key && key <= t->sizearray) */
  if (cast(unsigned int, key-1) < cast(unsigned int, t->sizearray))
    return &t->array[key-1];
  else {
    lua_Number nk = cast_num(key);
    Node *n = *hashnum(t, nk);
    for (; n != NULL; n = gnext(n)) {  /* check whether `key' is somewhere in the chain */
      if (ttisnumber(gkey(n)) && luai_numeq(nvalue(gkey(n)), nk))
        return gval(n);  /* that's it */
    }
    return luaO_nilobject;
  }
}


/*
** search function for short strings
*/
const TValue *luaH_getstr (Table *t, TString *key) {
  Node *n = *hashstr(t, key);
  lua_assert(key->tsv.tt == LUA_TSHRSTR);
  for (; n != NULL; n = gnext(n)) {  /* check whether `key' is somewhere in the chain */
    if (ttisshrstring(gkey(n)) && eqshrstr(rawtsvalue(gkey(n)), key))
      return gval(n);  /* that's it */
  }
  return luaO_nilobject;
}


/*
** main search function
*/
const TValue *luaH_get (Table *t, const TValue *key) {
  switch (ttype(key)) {
    case LUA_TSHRSTR: return luaH_getstr(t, rawtsvalue(key));
    case LUA_TNIL: return luaO_nilobject;
    case LUA_TNUMBER: {
      int k;
      lua_Number n = nvalue(key);
      lua_number2int(k, n);
      if (luai_numeq(cast_num(k), n)) /* index is int? */
        return luaH_getint(t, k);  /* use specialized version */
      /* else go through */
    }
    default: {
      Node *n = findnode(t, key, 0);
      if (n != NULL) return gval(n);  /* that's it */
      return luaO_nilobject;
    }
  }
}


/*
** beware: when using this function you probably need to check a GC
** barrier and invalidate the TM cache.
*/
TValue *luaH_set (lua_State *L, Table *t, const TValue *key) {
  const TValue *p = luaH_get(t, key);
  if (p != luaO_nilobject)
    return cast(TValue *, p);
  else return luaH_newkey(L, t, key);
}


void luaH_setint (lua_State *L, Table *t, int key, TValue *value) {
  const TValue *p = luaH_getint(t, key);
  TValue *cell;
  if (p != luaO_nilobject)
    cell = cast(TValue *, p);
  else if (ttisnil(value))
    return;
  else {
    TValue k;
    setnvalue(&k, cast_num(key));
    cell = luaH_newkey(L, t, &k);
  }
  setobj2t(L, cell, value);
}


static int unbound_search (Table *t, unsigned int j) {
  unsigned int i = j;  /* i is zero or a present index */
  j++;
  /* find `i' and `j' such that i is present and j is not */
  while (!ttisnil(luaH_getint(t, j))) {
    i = j;
    j *= 2;
    if (j > cast(unsigned int, MAX_INT)) {  /* overflow? */
      /* table was built with bad purposes: resort to linear search */
      i = 1;
      while (!ttisnil(luaH_getint(t, i))) i++;
      return i - 1;
    }
  }
  /* now do a binary search between them */
  while (j - i > 1) {
    unsigned int m = (i+j)/2;
    if (ttisnil(luaH_getint(t, m))) j = m;
    else i = m;
  }
  return i;
}


/*
** Try to find a boundary in table `t'. A `boundary' is an integer index
** such that t[i] is non-nil and t[i+1] is nil (and 0 if t[1] is nil).
*/
int luaH_getn (Table *t) {
  unsigned int j = t->sizearray;
  if (j > 0 && ttisnil(&t->array[j - 1])) {
    /* there is a boundary in the array part: (binary) search for it */
    unsigned int i = 0;
    while (j - i > 1) {
      unsigned int m = (i+j)/2;
      if (ttisnil(&t->array[m - 1])) j = m;
      else i = m;
    }
    return i;
  }
  /* else must find a boundary in hash part */
  else if (isdummy(t->node))  /* hash part is empty? */
    return j;  /* that is easy... */
  else return unbound_search(t, j);
}


/*
** Number of entries with a value ('table_size' of the game).
*/
int luaH_count (const Table *t) {
  int i, count = 0;
  Node *n;
  for (i = 0; i < t->sizearray; i++)
    count += !ttisnil(&t->array[i]);
  for (n = t->node; n < t->lastfree; n++)
    count += !ttisnil(gval(n));
  return count;
}
