// Operations as clients write them, for the compilers that make code of the schema.
graphql`
  query JudgePageQuery($within: ID, $first: Int, $after: String) {
    viewer { name }
    residents(within: $within, first: $first, after: $after, orderBy: { field: NAME, direction: DESC }) {
      totalCount
      edges { cursor node { ...Judge_resident } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
graphql`
  fragment Judge_resident on Resident {
    id
    name
    grid { id name ancestors { name } }
    phone { value state }
  }
`;
graphql`
  query JudgeNodeQuery($id: ID!, $ids: [ID!]!) {
    node(id: $id) { __typename id ... on Grid { level children { nodes { name } } } }
    nodes(ids: $ids) { __typename ... on Resident { id name } }
  }
`;
graphql`
  mutation JudgeCreateMutation($input: CreateResidentInput!) {
    createResident(input: $input) { resident { ...Judge_resident } errors { code message path } }
  }
`;
graphql`
  subscription JudgeEventsSubscription($within: ID!) {
    events(within: $within) { topic subject { id ... on Resident { name } } }
  }
`;
